// layernorm_backward_sums: the gradients of LayerNorm by its gain and bias, from the sums over runs of
// rows that layernorm_backward_fused left behind dx.
//
//   dweight[c] = Σ_p dx[N + 2p, c],   dbias[c] = Σ_p dx[N + 2p + 1, c]
//   (+ what dweight and dbias held with ACCUMULATE)
//
// Shapes: dx [ROWS,C], ROWS = N + 2P · dweight, dbias [C]
// Grid: LANES threads a channel, each with every LANES-th run; WG/LANES channels a workgroup, and
// neighbouring threads hold neighbouring channels.
// Numerics: f32; a strided loop over runs and a fixed-order tree over pairs.
// Reference: tests/reference/layernorm.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, 16u, WG >= 32u);
override ACCUMULATE: u32 = 0;

struct Params { N: u32, C: u32, P: u32, ROWS: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dx: array<f32>;
@group(0) @binding(2) var<storage, read_write> dweight: array<f32>;
@group(0) @binding(3) var<storage, read_write> dbias: array<f32>;

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
  for (var p = lane; p < params.P; p += LANES) {
    let at = (params.N + 2u * p) * C + c;
    sums += vec2f(dx[at], dx[at + C]);
  }
  var total = channel_sum(sums, thread);

  if (lane == 0u && channel < C) {
    if (ACCUMULATE == 1u) { total += vec2f(dweight[c], dbias[c]); }
    dweight[c] = total.x;
    dbias[c] = total.y;
  }
}
