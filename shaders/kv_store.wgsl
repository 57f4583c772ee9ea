// kv_store: copies the keys and values of the prompt into the cache.
//
//   cache[b, s, j] = qkv[b·S + s, C + j],   0 ≤ s < S, 0 ≤ j < 2C
//
// Rows of the cache from S on stay as they are.
//
// Shapes: qkv [B*S, 3C], rows q|k|v · cache [B,T,2C], rows k|v
// Grid: one thread an element, WG a workgroup, flat over two dimensions.
// Numerics: a copy.
// Reference: the copy in the test

override WG: u32 = 64;

struct Params { B: u32, S: u32, T: u32, C: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<f32>;
@group(0) @binding(2) var<storage, read_write> cache: array<f32>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let width = 2u * params.C;
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i < params.B * params.S * width) {
    let row = i / width;
    let j = i % width;
    let b = row / params.S;
    let s = row % params.S;
    cache[(b * params.T + s) * width + j] = qkv[row * 3u * params.C + params.C + j];
  }
}
