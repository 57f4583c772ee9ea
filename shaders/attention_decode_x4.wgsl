// attention_decode_x4: attention_decode with four cached keys at a time, for D at most 32 (D4 ≤ 8).
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

    var q: array<vec4f, 8>;
    q[0] = qkv[q_at] * scale;
    if (D4 > 1u) { q[1] = qkv[q_at + 1u] * scale; }
    if (D4 > 2u) { q[2] = qkv[q_at + 2u] * scale; }
    if (D4 > 3u) { q[3] = qkv[q_at + 3u] * scale; }
    if (D4 > 4u) { q[4] = qkv[q_at + 4u] * scale; }
    if (D4 > 5u) { q[5] = qkv[q_at + 5u] * scale; }
    if (D4 > 6u) { q[6] = qkv[q_at + 6u] * scale; }
    if (D4 > 7u) { q[7] = qkv[q_at + 7u] * scale; }

    var top = keep(q[0], k_at, v_at, to, to + C4);
    if (D4 > 1u) { top += keep(q[1], k_at + 1u, v_at + 1u, to + 1u, to + C4 + 1u); }
    if (D4 > 2u) { top += keep(q[2], k_at + 2u, v_at + 2u, to + 2u, to + C4 + 2u); }
    if (D4 > 3u) { top += keep(q[3], k_at + 3u, v_at + 3u, to + 3u, to + C4 + 3u); }
    if (D4 > 4u) { top += keep(q[4], k_at + 4u, v_at + 4u, to + 4u, to + C4 + 4u); }
    if (D4 > 5u) { top += keep(q[5], k_at + 5u, v_at + 5u, to + 5u, to + C4 + 5u); }
    if (D4 > 6u) { top += keep(q[6], k_at + 6u, v_at + 6u, to + 6u, to + C4 + 6u); }
    if (D4 > 7u) { top += keep(q[7], k_at + 7u, v_at + 7u, to + 7u, to + C4 + 7u); }

    var sums: array<vec4f, 8>;
    sums[0] = qkv[v_at];
    if (D4 > 1u) { sums[1] = qkv[v_at + 1u]; }
    if (D4 > 2u) { sums[2] = qkv[v_at + 2u]; }
    if (D4 > 3u) { sums[3] = qkv[v_at + 3u]; }
    if (D4 > 4u) { sums[4] = qkv[v_at + 4u]; }
    if (D4 > 5u) { sums[5] = qkv[v_at + 5u]; }
    if (D4 > 6u) { sums[6] = qkv[v_at + 6u]; }
    if (D4 > 7u) { sums[7] = qkv[v_at + 7u]; }
    var total = 1.0;
    for (var t = 0u; t < last; t += 4u) {
      let keys = t + FOUR;
      let key_at = first + min(keys, vec4u(last)) * 2u * C4;
      var s = q[0] * cached(key_at);
      if (D4 > 1u) { s += q[1] * cached(key_at + 1u); }
      if (D4 > 2u) { s += q[2] * cached(key_at + 2u); }
      if (D4 > 3u) { s += q[3] * cached(key_at + 3u); }
      if (D4 > 4u) { s += q[4] * cached(key_at + 4u); }
      if (D4 > 5u) { s += q[5] * cached(key_at + 5u); }
      if (D4 > 6u) { s += q[6] * cached(key_at + 6u); }
      if (D4 > 7u) { s += q[7] * cached(key_at + 7u); }
      let seen = keys < vec4u(last);
      s = select(vec4f(MASK), s, seen);
      let new_top = max(max(top, max(s.x, s.y)), max(s.z, s.w));
      let shrink = exp(max(top - new_top, -100.0));
      let p = select(vec4f(), exp(max(s - new_top, vec4f(-100.0))), seen);
      top = new_top;
      total = total * shrink + ((p.x + p.y) + (p.z + p.w));
      let value_at = key_at + C4;
      sums[0] = sums[0] * shrink + cached(value_at) * p;
      if (D4 > 1u) { sums[1] = sums[1] * shrink + cached(value_at + 1u) * p; }
      if (D4 > 2u) { sums[2] = sums[2] * shrink + cached(value_at + 2u) * p; }
      if (D4 > 3u) { sums[3] = sums[3] * shrink + cached(value_at + 3u) * p; }
      if (D4 > 4u) { sums[4] = sums[4] * shrink + cached(value_at + 4u) * p; }
      if (D4 > 5u) { sums[5] = sums[5] * shrink + cached(value_at + 5u) * p; }
      if (D4 > 6u) { sums[6] = sums[6] * shrink + cached(value_at + 6u) * p; }
      if (D4 > 7u) { sums[7] = sums[7] * shrink + cached(value_at + 7u) * p; }
    }
    let share = 1.0 / total;
    let out_at = row * C4 + h * D4;
    out[out_at] = sums[0] * share;
    if (D4 > 1u) { out[out_at + 1u] = sums[1] * share; }
    if (D4 > 2u) { out[out_at + 2u] = sums[2] * share; }
    if (D4 > 3u) { out[out_at + 3u] = sums[3] * share; }
    if (D4 > 4u) { out[out_at + 4u] = sums[4] * share; }
    if (D4 > 5u) { out[out_at + 5u] = sums[5] * share; }
    if (D4 > 6u) { out[out_at + 6u] = sums[6] * share; }
    if (D4 > 7u) { out[out_at + 7u] = sums[7] * share; }
  }
}
