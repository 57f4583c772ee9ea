// attention_backward_dkv: the gradients of keys and values; writes the k and v parts of dqkv only.
//
//   p_ij = exp(q_i·k_j/√D − lse_i),  ds_ij = p_ij·(dout_i·v_j − dsum_i)
//   dk_j = Σ_{i≥j} ds_ij·q_i/√D,  dv_j = Σ_{i≥j} p_ij·dout_i
//
// qkv, dqkv [B·T, 3·H·D] with q | k | v in a row; dout [B·T, H·D]; lse, dsum [B, H, T]. D = 4·D4.
// Grid: (T/WG rounded up, H, B), a thread a key.
// With PACKED a row holds several sequences, one behind the other: positions [B·T] is the place of
// each token in its own, and a query sees no key before it.
// Numerics: f32, queries summed in order. Reference: tests/reference/attention.ts.

struct Params { B: u32, T: u32, H: u32, D: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(2) var<storage, read> dout: array<vec4f>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> dsum: array<f32>;
@group(0) @binding(5) var<storage, read_write> dqkv: array<vec4f>;
@group(0) @binding(6) var<storage, read> positions: array<i32>;

const D4: u32 = 4u;
override WG: u32 = 64u;
override PACKED: u32 = 0u;

// The first key that query i sees: 0, or where its own sequence begins.
fn first_key(first_row: u32, i: u32) -> u32 {
  if (PACKED == 0u) { return 0u; }
  return i - u32(positions[first_row + i]);
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let T = params.T;
  let C4 = params.H * D4;
  let j = group.x * WG + local;
  // Threads past the end redo the last key and store nothing.
  let key = min(j, T - 1u);
  let first_row = group.z * T;
  let head = group.y * D4;
  let key_at = (first_row + key) * 3u * C4 + C4 + head;
  let stats = (group.z * params.H + group.y) * T;
  let scale = inverseSqrt(f32(params.D));

  var k: array<vec4f, D4>;
  var v: array<vec4f, D4>;
  var dk: array<vec4f, D4>;
  var dv: array<vec4f, D4>;
  for (var d = 0u; d < D4; d++) {
    k[d] = qkv[key_at + d] * scale;
    v[d] = qkv[key_at + C4 + d];
  }
  // Eight neighbouring threads begin and end together, so that their loads stay in step.
  for (var i = key & ~7u; i < T; i++) {
    let own = first_key(first_row, i);
    if (own > (key | 7u)) { break; }
    let query = (first_row + i) * 3u * C4 + head;
    let g = (first_row + i) * C4 + head;
    var s = 0.0;
    var dp = 0.0;
    for (var d = 0u; d < D4; d++) {
      s += dot(k[d], qkv[query + d]);
      dp += dot(v[d], dout[g + d]);
    }
    let p = select(0.0, exp(clamp(s - lse[stats + i], -100.0, 0.0)), i >= key && own <= key);
    let ds = p * (dp - dsum[stats + i]) * scale;
    for (var d = 0u; d < D4; d++) {
      dk[d] += ds * qkv[query + d];
      dv[d] += p * dout[g + d];
    }
  }
  if (j < T) {
    for (var d = 0u; d < D4; d++) {
      dqkv[key_at + d] = dk[d];
      dqkv[key_at + C4 + d] = dv[d];
    }
  }
}
