// decode_embedding: embeds the last known token of each sequence.
//
//   out[b, c] = wte[tokens[b, pos[b]], c] + wpe[pos[b], c]
//
// Shapes: tokens [B,T] · pos [B] · wte [V,C] · wpe [P,C], P ≥ T · out [B,C]
// Grid: one thread an element of out, WG a workgroup.
// Numerics: one f32 addition, the same as embedding_forward's.
// Reference: tests/reference/embedding.ts

override WG: u32 = 64;

struct Params { B: u32, T: u32, C: u32, V: u32, P: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tokens: array<i32>;
@group(0) @binding(2) var<storage, read> pos: array<u32>;
@group(0) @binding(3) var<storage, read> wte: array<f32>;
@group(0) @binding(4) var<storage, read> wpe: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let C = params.C;
  let i = id.x;
  if (i < params.B * C) {
    let b = i / C;
    let c = i % C;
    let token = u32(tokens[b * params.T + pos[b]]);
    out[i] = wte[token * C + c] + wpe[pos[b] * C + c];
  }
}
