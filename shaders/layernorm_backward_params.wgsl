// layernorm_backward_params: the gradients of LayerNorm by its gain and bias, sums over all rows.
//
//   dweight[c] = Σ_n dy[n, c]·(x[n, c] − mean[n])·rstd[n],   dbias[c] = Σ_n dy[n, c]
//   (+ what dweight and dbias held with ACCUMULATE)
//
// Shapes: dy, x [N,C] · stats [N,2], mean and rstd · dweight, dbias [C]
// Grid: LANES threads a channel, each with every LANES-th row; WG/LANES channels a workgroup, and
// neighbouring threads hold neighbouring channels.
// Numerics: f32; a strided loop over rows and a fixed-order tree over pairs.
// Reference: tests/reference/layernorm.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, 16u, WG >= 32u);
override ACCUMULATE: u32 = 0;

struct Params { N: u32, C: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> stats: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> dweight: array<f32>;
@group(0) @binding(5) var<storage, read_write> dbias: array<f32>;

var<workgroup> partial: array<vec2f, WG>;

// Sum over the LANES threads of a channel, which stand WG/LANES apart; lane 0 gets it.
fn channel_sum(value: vec2f, thread: u32) -> vec2f {
  if (LANES == 1u) { return value; }
  partial[thread] = value;
  for (var stride = WG / 2u; stride >= WG / LANES; stride /= 2u) {
    workgroupBarrier();
    if (thread < stride) { partial[thread] += partial[thread + stride]; }
  }
  return partial[thread];
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let C = params.C;
  let lane = thread / (WG / LANES);
  let channel = group.x * (WG / LANES) + thread % (WG / LANES);
  let c = min(channel, C - 1u);

  var sums = vec2f();
  for (var n = lane; n < params.N; n += LANES) {
    let gradient = dy[n * C + c];
    sums += vec2f(gradient * (x[n * C + c] - stats[n].x) * stats[n].y, gradient);
  }
  var total = channel_sum(sums, thread);

  if (lane == 0u && channel < C) {
    if (ACCUMULATE == 1u) { total += vec2f(dweight[c], dbias[c]); }
    dweight[c] = total.x;
    dbias[c] = total.y;
  }
}
