// gather_rows: picks rows of a table, whatever their four-byte type: the sequences of a minibatch.
//
//   out[m, w] = source[rows[m], w]
//
// Shapes: source [S,W] · rows [M] · out [M,W]
// Grid: one thread an element of out, WG a workgroup, flat over two dimensions.
// Numerics: a copy of bits.
// Reference: the copy in the test

override WG: u32 = 64;

struct Params { S: u32, M: u32, W: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read> rows: array<i32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let W = params.W;
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i < params.M * W) { out[i] = source[u32(rows[i / W]) * W + i % W]; }
}
