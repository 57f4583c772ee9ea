// ppo_value_loss: the clipped loss of the value model (Ziegler et al. 2019), a mean over real response tokens.
//
//   clipped = clamp(v, old − cliprange, old + cliprange)
//   loss = ½·mean(max((v − return)², (clipped − return)²))
//   dvalue = vf_coef·∂loss/∂v = vf_coef·(v − return)/tokens, 0 where the clipped error is the larger
//   stats = loss (without vf_coef), clipfrac, mean v, tokens    (the means + stats with ACCUMULATE)
//
// Row n values the state before response token places[n] of the rollout's [S,R]; where it precedes
// none, places[n] is negative and dvalue 0. count[0] is the response tokens of the whole minibatch, so
// that its parts add up to its mean.
//
// Shapes: value, places, dvalue [N] · old_values, returns [S,R] · count [4] · stats [4]
// Grid: one workgroup of WG threads.
// Numerics: f32; strided loops and a fixed-order tree.
// Reference: tests/reference/ppo.ts (valueLoss)

override WG: u32 = 64;
override ACCUMULATE: u32 = 0;

struct Params { N: u32, S: u32, R: u32, cliprange: f32, vf_coef: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> value: array<f32>;
@group(0) @binding(2) var<storage, read> old_values: array<f32>;
@group(0) @binding(3) var<storage, read> returns: array<f32>;
@group(0) @binding(4) var<storage, read> places: array<i32>;
@group(0) @binding(5) var<storage, read> count: array<i32>;
@group(0) @binding(6) var<storage, read_write> dvalue: array<f32>;
@group(0) @binding(7) var<storage, read_write> stats: array<f32>;

var<workgroup> partial: array<vec3f, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) thread: u32) {
  let tokens = count[0];
  let share = 1.0 / f32(max(tokens, 1));

  var sums = vec3f();
  for (var row = thread; row < params.N; row += WG) {
    let place = places[row];
    var gradient = 0.0;
    if (place >= 0) {
      let i = u32(place);
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
