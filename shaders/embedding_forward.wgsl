// embedding_forward: the sum of token and position embedding.
//
//   out[n, c] = wte[ids[n], c] + wpe[n mod T, c]          (wpe[positions[n], c] with PACKED)
//
// Shapes: ids, positions [N] · wte [V,C] · wpe [P,C], P ≥ T · out [N,C], N = B*T
// Grid: LANES threads a row, each with every LANES-th channel; WG/LANES rows a workgroup, flat over
// two dimensions.
// Numerics: one f32 addition.
// Reference: tests/reference/embedding.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, 32u, WG >= 32u);
override PACKED: u32 = 0;

struct Params { N: u32, T: u32, C: u32, V: u32, P: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read> wte: array<f32>;
@group(0) @binding(3) var<storage, read> wpe: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(0) @binding(5) var<storage, read> positions: array<i32>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let C = params.C;
  let n = (group.y * groups.x + group.x) * (WG / LANES) + thread / LANES;
  if (n < params.N) {
    let token = u32(ids[n]) * C;
    var position = n % params.T;
    if (PACKED == 1u) { position = u32(positions[n]); }
    position *= C;
    for (var c = thread % LANES; c < C; c += LANES) {
      out[n * C + c] = wte[token + c] + wpe[position + c];
    }
  }
}
