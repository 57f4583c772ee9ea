// attention_decode: attention of one new token of each sequence over its cache.
//
//   out[r, h] = Σ_{t ≤ pos[b]} softmax_t(q·k_t/√D)·v_t,   b = rows[r]
//
// The new token's own k|v come straight from qkv and are stored at cache[b, pos[b]] on the way. Rows
// that belong to no sequence (decode_compact) are not written.
//
// Shapes: rows [B] · qkv [B, 3C], rows q|k|v · pos [B] · cache [B,T,2C], rows k|v · out [B,C], C = H*D
// Grid: one thread a head of a sequence (B·H), WG a workgroup. D4 = D/4 sizes the registers.
// Numerics: f32, online softmax from t = pos[b] down to 0 in one pass: when a score beats the largest
// so far, what was summed is rescaled. It starts from the new token's score, so no mask is needed.
// Reference: tests/reference/attention.ts

const D4: u32 = 4u;
override WG: u32 = 64;

const NONE = 0xffffffffu;

struct Params { B: u32, T: u32, H: u32, D: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(3) var<storage, read> pos: array<u32>;
@group(0) @binding(4) var<storage, read_write> cache: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = min(id.x / params.H, params.B - 1u);
  let b = rows[row];
  if (id.x < params.B * params.H && b != NONE) {
    let h = id.x % params.H;
    let C4 = params.H * D4;
    let new_row = row * 3u * C4 + h * D4;
    let first_row = b * params.T * 2u * C4 + h * D4;
    let last = pos[b];
    let here = first_row + last * 2u * C4;
    let scale = inverseSqrt(f32(params.D));

    var q: array<vec4f, D4>;
    var sum: array<vec4f, D4>;
    var largest = 0.0;
    for (var d = 0u; d < D4; d++) {
      q[d] = qkv[new_row + d] * scale;
      let k = qkv[new_row + C4 + d];
      let v = qkv[new_row + 2u * C4 + d];
      cache[here + d] = k;
      cache[here + C4 + d] = v;
      largest += dot(q[d], k);
      sum[d] = v;
    }
    var total = 1.0;

    for (var t = last; t > 0u; t--) {
      let row = first_row + (t - 1u) * 2u * C4;
      var score = 0.0;
      for (var d = 0u; d < D4; d++) { score += dot(q[d], cache[row + d]); }
      let rescale = exp(min(largest - score, 0.0));
      let weight = exp(min(score - largest, 0.0));
      largest = max(largest, score);
      total = total * rescale + weight;
      for (var d = 0u; d < D4; d++) {
        sum[d] = sum[d] * rescale + weight * cache[row + C4 + d];
      }
    }
    for (var d = 0u; d < D4; d++) { out[row * C4 + h * D4 + d] = sum[d] / total; }
  }
}
