// score_forward: the scalar head of reward and value models, one weight a channel and no bias.
//
//   score[n] = Σ_c h[n, c]·weight[c]
//
// Shapes: h [N,C] · weight [C] · score [N]
// Grid: LANES threads a row, WG/LANES rows a workgroup, flat over two dimensions. A small workgroup
// (a software adapter) gives each row one thread and never waits at a barrier.
// Numerics: f32; a strided loop and a fixed-order tree.
// Reference: tests/reference/scoreHead.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, 32u, WG >= 32u);

struct Params { N: u32, C: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> h: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> score: array<f32>;

var<workgroup> partial: array<f32, WG>;

// Sum over the LANES threads of a row; lane 0 gets it.
fn row_sum(value: f32, thread: u32) -> f32 {
  if (LANES == 1u) { return value; }
  partial[thread] = value;
  for (var stride = LANES / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (thread % LANES < stride) { partial[thread] += partial[thread + stride]; }
  }
  return partial[thread];
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = (group.y * groups.x + group.x) * (WG / LANES) + thread / LANES;
  let lane = thread % LANES;
  let start = min(row, params.N - 1u) * params.C;
  var sum = 0.0;
  for (var c = lane; c < params.C; c += LANES) { sum += h[start + c] * weight[c]; }
  let total = row_sum(sum, thread);
  if (row < params.N && lane == 0u) { score[row] = total; }
}
