// gather_response: from values at every row to values at every response token.
//
//   out[i] = source[rows[i]], 0 where rows[i] is negative
//
// with rows[s, r] the row that predicts response token r of sequence s, or values the state before it.
//
// Shapes: source [N] · rows, out [S,R]
// Grid: one thread an element of out, WG a workgroup.
// Numerics: a copy.
// Reference: tests/reference/losses.ts (responseRows)

override WG: u32 = 64;

struct Params { N: u32, S: u32, R: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read> rows: array<i32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i < params.S * params.R) {
    let row = rows[i];
    out[i] = 0.0;
    if (row >= 0) { out[i] = source[u32(row)]; }
  }
}
