// attention_decode_x4: attention_decode with four cached keys at a time, for D at most 64 (D4 ≤ 16).
//
//   out[r, h] = Σ_{t ≤ pos[b]} softmax_t(q·k_t/√D)·v_t,   b = rows[r]
//
// The new token's own k|v come straight from qkv and are stored at cache[b, pos[b]] on the way. Rows
// that belong to no sequence (decode_compact) are not written.
//
// Shapes: rows [B] · qkv [B, 3C], rows q|k|v · pos [B] · cache [B,T,2C], rows k|v · out [B,C], C = H*D
// Grid: one thread a head of a sequence (B·H), WG a workgroup. D4 = D/4.
// The blocks of 4 keys by 4 channels are written out one by one because software adapters unroll no
// loops and keep indexed arrays in memory.
// Numerics: f32, online softmax from the new token, then t ascending four at a time: when a score
// beats the largest so far, what was summed is rescaled. Keys that are not there yet weigh 0.
// Reference: tests/reference/attention.ts

const D4: u32 = 4u;
override WG: u32 = 8;

const MASK = -3.4e38;
const NONE = 0xffffffffu;
const FOUR = vec4u(0u, 1u, 2u, 3u);

struct Params { B: u32, T: u32, H: u32, D: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(3) var<storage, read> pos: array<u32>;
@group(0) @binding(4) var<storage, read_write> cache: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;

// Four channels of four rows of the cache; a row a column.
fn cached(at: vec4u) -> mat4x4f {
  return mat4x4f(cache[at.x], cache[at.y], cache[at.z], cache[at.w]);
}

// Stores the new token's four channels of k and v; its share of the score.
fn keep(q: vec4f, k_from: u32, v_from: u32, k_to: u32, v_to: u32) -> f32 {
  let k = qkv[k_from];
  cache[k_to] = k;
  cache[v_to] = qkv[v_from];
  return dot(q, k);
}

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = min(id.x / params.H, params.B - 1u);
  let b = rows[row];
  if (id.x < params.B * params.H && b != NONE) {
    let h = id.x % params.H;
    let C4 = params.H * D4;
    let q_at = row * 3u * C4 + h * D4;
    let k_at = q_at + C4;
    let v_at = k_at + C4;
    let first = b * params.T * 2u * C4 + h * D4;
    let last = pos[b];
    let to = first + last * 2u * C4;
    let scale = inverseSqrt(f32(params.D));

    var q: array<vec4f, D4>;
    for (var d = 0u; d < D4; d++) { // unrolled
      q[d] = qkv[q_at + d] * scale;
    }

    var top = 0.0;
    for (var d = 0u; d < D4; d++) { // unrolled
      top += keep(q[d], k_at + d, v_at + d, to + d, to + C4 + d);
    }

    var sums: array<vec4f, D4>;
    for (var d = 0u; d < D4; d++) { // unrolled
      sums[d] = qkv[v_at + d];
    }
    var total = 1.0;
    for (var t = 0u; t < last; t += 4u) {
      let keys = t + FOUR;
      let key_at = first + min(keys, vec4u(last)) * 2u * C4;
      var s = vec4f();
      for (var d = 0u; d < D4; d++) { // unrolled
        s += q[d] * cached(key_at + d);
      }
      let seen = keys < vec4u(last);
      s = select(vec4f(MASK), s, seen);
      let new_top = max(max(top, max(s.x, s.y)), max(s.z, s.w));
      let shrink = exp(max(top - new_top, -100.0));
      let p = select(vec4f(), exp(max(s - new_top, vec4f(-100.0))), seen);
      top = new_top;
      total = total * shrink + ((p.x + p.y) + (p.z + p.w));
      let value_at = key_at + C4;
      for (var d = 0u; d < D4; d++) { // unrolled
        sums[d] = sums[d] * shrink + cached(value_at + d) * p;
      }
    }
    let share = 1.0 / total;
    let out_at = row * C4 + h * D4;
    for (var d = 0u; d < D4; d++) { // unrolled
      out[out_at + d] = sums[d] * share;
    }
  }
}
