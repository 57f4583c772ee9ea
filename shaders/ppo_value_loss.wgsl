// ppo_value_loss: the clipped loss of the value model (Ziegler et al. 2019), a mean over real response tokens.
//
//   clipped = clamp(v, old − cliprange, old + cliprange)
//   loss = ½·mean(max((v − return)², (clipped − return)²))
//   dvalue = vf_coef·∂loss/∂v = vf_coef·(v − return)/tokens, 0 where the clipped error is the larger
//   stats = loss (without vf_coef), clipfrac, mean v, tokens    (the means + stats with ACCUMULATE)
//
// Row b·T + t values the state before response token r = t − prompt + 1 of sequence rows[first + b];
// dvalue is 0 at the other rows. These are B of the minibatch's M sequences; tokens are those of all
// M, so that the parts of a minibatch add up to its mean.
//
// Shapes: value, dvalue [B,T] · old_values, returns [S,R] · rows [M] · lengths [S,2] (prompt, response)
// · stats [4]
// Grid: one workgroup of WG threads.
// Numerics: f32; strided loops and a fixed-order tree.
// Reference: tests/reference/ppo.ts (valueLoss)

override WG: u32 = 64;
override ACCUMULATE: u32 = 0;

struct Params {
  S: u32, M: u32, T: u32, R: u32, first: u32, B: u32, cliprange: f32, vf_coef: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> value: array<f32>;
@group(0) @binding(2) var<storage, read> old_values: array<f32>;
@group(0) @binding(3) var<storage, read> returns: array<f32>;
@group(0) @binding(4) var<storage, read> rows: array<i32>;
@group(0) @binding(5) var<storage, read> lengths: array<i32>;
@group(0) @binding(6) var<storage, read_write> dvalue: array<f32>;
@group(0) @binding(7) var<storage, read_write> stats: array<f32>;

var<workgroup> partial: array<vec3f, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) thread: u32) {
  var tokens = 0;
  for (var m = 0u; m < params.M; m++) { tokens += lengths[2 * rows[m] + 1]; }
  let share = 1.0 / f32(max(tokens, 1));

  var sums = vec3f();
  for (var row = thread; row < params.B * params.T; row += WG) {
    let s = rows[params.first + row / params.T];
    let r = i32(row % params.T) - lengths[2 * s] + 1;
    var gradient = 0.0;
    if (r >= 0 && r < lengths[2 * s + 1]) {
      let i = u32(s) * params.R + u32(r);
      let v = value[row];
      let old = old_values[i];
      let error = v - returns[i];
      let clipped_error = clamp(v, old - params.cliprange, old + params.cliprange) - returns[i];
      let binds = clipped_error * clipped_error > error * error;
      gradient = select(params.vf_coef * error * share, 0.0, binds);
      sums += vec3f(0.5 * max(error * error, clipped_error * clipped_error), f32(binds), v);
    }
    dvalue[row] = gradient;
  }

  partial[thread] = sums;
  for (var stride = WG / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (thread < stride) { partial[thread] += partial[thread + stride]; }
  }
  if (thread == 0u) {
    var means = partial[0] * share;
    if (ACCUMULATE == 1u) { means += vec3f(stats[0], stats[1], stats[2]); }
    for (var j = 0u; j < 3u; j++) { stats[j] = means[j]; }
    stats[3] = f32(tokens);
  }
}
