// score_backward: the gradient of the scalar head by the hidden states.
//
//   dh[n, c] = dscore[n]·weight[c]
//
// Shapes: dscore [N] · weight [C] · dh [N,C]
// Grid: LANES threads a row, each with every LANES-th channel; WG/LANES rows a workgroup, flat over
// two dimensions.
// Numerics: one f32 product.
// Reference: tests/reference/scoreHead.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, 32u, WG >= 32u);

struct Params { N: u32, C: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dscore: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> dh: array<f32>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let C = params.C;
  let n = (group.y * groups.x + group.x) * (WG / LANES) + thread / LANES;
  if (n < params.N) {
    let gradient = dscore[n];
    for (var c = thread % LANES; c < C; c += LANES) { dh[n * C + c] = gradient * weight[c]; }
  }
}
