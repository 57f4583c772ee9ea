// Residual dropout, backward: dx = dy ⊙ mask, with the mask that the forward pass used.
//
//   dy [N]   gradient behind the dropout
//   mask [N] 0 or 1/(1−p)
//   dx [N]   gradient before it
//
// Grid: one thread an element, flat over two dimensions.
// Checked against tests/reference/dropout.ts.

override WG: u32 = 64;

struct Params {
  N: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i < params.N) {
    dx[i] = dy[i] * mask[i];
  }
}
