// score_backward: the gradient of the scalar head by the hidden states.
//
//   dh[n, c] = dscore[n]·weight[c]
//
// Shapes: dscore [N] · weight [C] · dh [N,C]
// Grid: one thread an element of dh, WG a workgroup, flat over two dimensions.
// Numerics: one f32 product.
// Reference: tests/reference/scoreHead.ts

override WG: u32 = 64;

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
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i < params.N * params.C) { dh[i] = dscore[i / params.C] * weight[i % params.C]; }
}
