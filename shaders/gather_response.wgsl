// gather_response: from values at every row to values at every response token.
//
//   out[s, r] = source[s, prompt + r − 1] for r < response, else 0
//
// with (prompt, response) = lengths[s]: the row that predicts response token r, or values the state
// before it.
//
// Shapes: source [S,T] · lengths [S,2] · out [S,R]
// Grid: one thread an element of out, WG a workgroup.
// Numerics: a copy.
// Reference: tests/reference/losses.ts (responseRows)

override WG: u32 = 64;

struct Params { S: u32, T: u32, R: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read> lengths: array<i32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i < params.S * params.R) {
    let s = i / params.R;
    let r = i % params.R;
    let prompt = u32(lengths[2u * s]);
    let response = u32(lengths[2u * s + 1u]);
    out[i] = 0.0;
    if (r < response) { out[i] = source[s * params.T + prompt + r - 1u]; }
  }
}
