// decode_embedding: embeds the last known token of each sequence that still runs.
//
//   out[r, c] = wte[tokens[b, pos[b]], c] + wpe[pos[b], c],   b = rows[r]
//
// Rows that belong to no sequence (decode_compact) are not written.
//
// Shapes: rows [B] · tokens [B,T] · pos [B] · wte [V,C] · wpe [P,C], P ≥ T · out [B,C]
// Grid: LANES threads a sequence, each with every LANES-th channel; WG/LANES sequences a workgroup.
// Numerics: one f32 addition, the same as embedding_forward's.
// Reference: tests/reference/embedding.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, 32u, WG >= 32u);

const NONE = 0xffffffffu;

struct Params { B: u32, T: u32, C: u32, V: u32, P: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read> tokens: array<i32>;
@group(0) @binding(3) var<storage, read> pos: array<u32>;
@group(0) @binding(4) var<storage, read> wte: array<f32>;
@group(0) @binding(5) var<storage, read> wpe: array<f32>;
@group(0) @binding(6) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let C = params.C;
  let row = group.x * (WG / LANES) + thread / LANES;
  let b = rows[min(row, params.B - 1u)];
  if (row < params.B && b != NONE) {
    let position = pos[b] * C;
    let token = u32(tokens[b * params.T + pos[b]]) * C;
    for (var c = thread % LANES; c < C; c += LANES) {
      out[row * C + c] = wte[token + c] + wpe[position + c];
    }
  }
}
