// attention_backward_dkv_image: attention_backward_dkv_x4 with qkv and dout read as images, for
// llvmpipe, which loads the four numbers of a texel at once; writes the k and v parts of dqkv only.
//
//   p_ij = exp(q_i·k_j/√D − lse_i),  ds_ij = p_ij·(dout_i·v_j − dsum_i)
//   dk_j = Σ_{i≥j} ds_ij·q_i/√D,  dv_j = Σ_{i≥j} p_ij·dout_i
//
// qkv [B·T, 3·H·D] with q | k | v in a row and dout [B·T, H·D] as images of 3·H·D4×B·T and H·D4×B·T
// texels; dqkv [B·T, 3·H·D]; lse, dsum [B, H, T]. D = 4·D4 ≤ 64. Grid: (T/(4·WG) rounded up, H, B).
// Four keys a thread in 4×4 blocks as in attention_forward_image, but a key a column.
// With PACKED a row holds several sequences, one behind the other: positions [B·T] is the place of
// each token in its own, and a query sees no key before it.
// Numerics: f32, the bits of attention_backward_dkv_x4: queries summed in order, four at a time.
// Reference: tests/reference/attention.ts.

struct Params { B: u32, T: u32, H: u32, D: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var qkv: texture_storage_2d<rgba32float, read>;
@group(0) @binding(2) var dout: texture_storage_2d<rgba32float, read>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> dsum: array<f32>;
@group(0) @binding(5) var<storage, read_write> dqkv: array<vec4f>;
@group(0) @binding(6) var<storage, read> positions: array<i32>;

const D4: u32 = 4u;
override WG: u32 = 8u;
override PACKED: u32 = 0u;

const FOUR = vec4u(0u, 1u, 2u, 3u);

// The first keys that four queries see: 0, or where the sequence of each begins.
fn first_keys(first_row: u32, queries: vec4u) -> vec4u {
  if (PACKED == 0u) { return vec4u(); }
  let row = first_row + queries;
  return queries
    - vec4u(vec4i(positions[row.x], positions[row.y], positions[row.z], positions[row.w]));
}

// Four channels of four rows; a row a column.
fn qkv_block(x: u32, rows: vec4u) -> mat4x4f {
  return mat4x4f(
    textureLoad(qkv, vec2u(x, rows.x)),
    textureLoad(qkv, vec2u(x, rows.y)),
    textureLoad(qkv, vec2u(x, rows.z)),
    textureLoad(qkv, vec2u(x, rows.w)),
  );
}

fn dout_block(x: u32, rows: vec4u) -> mat4x4f {
  return mat4x4f(
    textureLoad(dout, vec2u(x, rows.x)),
    textureLoad(dout, vec2u(x, rows.y)),
    textureLoad(dout, vec2u(x, rows.z)),
    textureLoad(dout, vec2u(x, rows.w)),
  );
}

// Weights that four queries give to one key, from their scores; 0 for a query that does not see it.
fn weights(s: vec4f, row_lse: vec4f, seen: vec4<bool>) -> vec4f {
  return select(vec4f(), exp(clamp(s - row_lse, vec4f(-100.0), vec4f())), seen);
}

// Writes four channels of the keys that exist.
fn store(first: u32, channel: u32, count: u32, sum: mat4x4f) {
  let step = 3u * params.H * D4;
  let at = first * step + channel;
  if (count > 0u) { dqkv[at] = sum[0]; }
  if (count > 1u) { dqkv[at + step] = sum[1]; }
  if (count > 2u) { dqkv[at + 2u * step] = sum[2]; }
  if (count > 3u) { dqkv[at + 3u * step] = sum[3]; }
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let T = params.T;
  let C4 = params.H * D4;
  let first_row = group.z * T;
  let head = group.y * D4;
  let stats = (group.z * params.H + group.y) * T;
  let j = (group.x * WG + local) * 4u;
  // Keys past the end redo the last one and are not stored.
  let keys = min(j + FOUR, vec4u(T - 1u));
  let own_rows = first_row + keys;
  let key = C4 + head;
  let value = 2u * C4 + head;
  let scale = inverseSqrt(f32(params.D));

  // k and v are scaled, so that ds·q needs no further factor: 1/√D goes into the scores by k and
  // into ds by v and dsum.
  var k: array<mat4x4f, D4>;
  var v: array<mat4x4f, D4>;
  for (var d = 0u; d < D4; d++) { // unrolled
    k[d] = qkv_block(key + d, own_rows) * scale;
  }
  for (var d = 0u; d < D4; d++) { // unrolled
    v[d] = qkv_block(value + d, own_rows) * scale;
  }

  var dk: array<mat4x4f, D4>;
  var dv: array<mat4x4f, D4>;
  // Four neighbouring threads begin and end together, so that their loads stay in step.
  for (var i = min(j, T - 1u) & ~15u; i < T; i += 4u) {
    let queries = i + FOUR;
    let places = min(queries, vec4u(T - 1u));
    let own = first_keys(first_row, places);
    if (own.x > (j | 15u)) { break; }
    let rows = first_row + places;
    let stat = stats + places;
    let row_lse = vec4f(lse[stat.x], lse[stat.y], lse[stat.z], lse[stat.w]);
    let row_dsum = vec4f(dsum[stat.x], dsum[stat.y], dsum[stat.z], dsum[stat.w]) * scale;
    var q: array<mat4x4f, D4>;
    var g: array<mat4x4f, D4>;
    for (var d = 0u; d < D4; d++) { // unrolled
      q[d] = qkv_block(head + d, rows);
      g[d] = dout_block(head + d, rows);
    }

    var s = mat4x4f();
    var dp = mat4x4f();
    for (var d = 0u; d < D4; d++) { // unrolled
      s += transpose(q[d]) * k[d];
      dp += transpose(g[d]) * v[d];
    }

    let exists = queries < vec4u(T);
    let p = mat4x4f(
      weights(s[0], row_lse, (queries >= vec4u(keys.x)) & (own <= vec4u(keys.x)) & exists),
      weights(s[1], row_lse, (queries >= vec4u(keys.y)) & (own <= vec4u(keys.y)) & exists),
      weights(s[2], row_lse, (queries >= vec4u(keys.z)) & (own <= vec4u(keys.z)) & exists),
      weights(s[3], row_lse, (queries >= vec4u(keys.w)) & (own <= vec4u(keys.w)) & exists),
    );
    let ds = mat4x4f(
      p[0] * (dp[0] - row_dsum),
      p[1] * (dp[1] - row_dsum),
      p[2] * (dp[2] - row_dsum),
      p[3] * (dp[3] - row_dsum),
    );
    for (var d = 0u; d < D4; d++) { // unrolled
      dk[d] += q[d] * ds;
      dv[d] += g[d] * p;
    }
  }

  let count = T - min(j, T);
  let first = first_row + j;
  for (var d = 0u; d < D4; d++) { // unrolled
    store(first, key + d, count, dk[d]);
    store(first, value + d, count, dv[d]);
  }
}
