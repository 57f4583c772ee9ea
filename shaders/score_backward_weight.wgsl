// score_backward_weight: the gradient of the scalar head by its weight.
//
//   dweight[c] = Σ_n dscore[n]·h[n, c]    (+ dweight with ACCUMULATE)
//
// Shapes: dscore [N] · h [N,C] · dweight [C]
// Grid: LANES threads a channel, each with every LANES-th row; WG/LANES channels a workgroup, and
// neighbouring threads hold neighbouring channels.
// Numerics: f32; a strided loop over rows and a fixed-order tree.
// Reference: tests/reference/scoreHead.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, 16u, WG >= 32u);
override ACCUMULATE: u32 = 0;

struct Params { N: u32, C: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dscore: array<f32>;
@group(0) @binding(2) var<storage, read> h: array<f32>;
@group(0) @binding(3) var<storage, read_write> dweight: array<f32>;

var<workgroup> partial: array<f32, WG>;

// Sum over the LANES threads of a channel, which stand WG/LANES apart; lane 0 gets it.
fn channel_sum(value: f32, thread: u32) -> f32 {
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
  var sum = 0.0;
  for (var n = lane; n < params.N; n += LANES) { sum += dscore[n] * h[n * C + c]; }
  var total = channel_sum(sum, thread);
  if (lane == 0u && channel < C) {
    if (ACCUMULATE == 1u) { total += dweight[c]; }
    dweight[c] = total;
  }
}
