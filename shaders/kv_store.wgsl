// kv_store: copies the keys and values of the prompt into the cache.
//
//   cache[b, s, j] = qkv[b·S + s, C + j],   0 ≤ s < S, 0 ≤ j < 2C
//
// Rows of the cache from S on stay as they are.
//
// Shapes: qkv [B*S, 3C], rows q|k|v · cache [B,T,2C], rows k|v
// Grid: LANES threads a row of qkv, each with every LANES-th element; WG/LANES rows a workgroup, flat
// over two dimensions.
// Numerics: a copy.
// Reference: the copy in the test

override WG: u32 = 64;
override LANES: u32 = select(1u, 32u, WG >= 32u);

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
  let row = (group.y * groups.x + group.x) * (WG / LANES) + thread / LANES;
  if (row < params.B * params.S) {
    let b = row / params.S;
    let s = row % params.S;
    let new_row = (b * params.T + s) * width;
    let prompt_row = row * 3u * params.C + params.C;
    for (var j = thread % LANES; j < width; j += LANES) { cache[new_row + j] = qkv[prompt_row + j]; }
  }
}
