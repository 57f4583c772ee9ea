// attention_backward_dq_image: attention_backward_dq_x4 with qkv and dout read as images, for llvmpipe,
// which loads the four numbers of a texel at once; writes the q part of dqkv only.
//
//   p_ij = exp(q_i·k_j/√D − lse_i),  ds_ij = p_ij·(dout_i·v_j − dsum_i)
//   dq_i = Σ_{j≤i} ds_ij·k_j/√D
//
// qkv [B·T, 3·H·D] with q | k | v in a row and dout [B·T, H·D] as images of 3·H·D4×B·T and H·D4×B·T
// texels; dqkv [B·T, 3·H·D]; lse, dsum [B, H, T]. D = 4·D4 ≤ 32. Grid: (T/(4·WG) rounded up, H, B).
// Four queries a thread in 4×4 blocks as in attention_forward_image, a query a column.
// With PACKED a row holds several sequences, one behind the other: positions [B·T] is the place of
// each token in its own, and a query sees no key before it.
// Numerics: f32, the bits of attention_backward_dq_x4: keys summed in order, four at a time.
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

// ds of one query over four keys, from its scores and dout·v.
fn slope(s: vec4f, dp: vec4f, row_lse: f32, row_dsum: f32, seen: vec4<bool>) -> vec4f {
  let p = select(vec4f(), exp(clamp(s - row_lse, vec4f(-100.0), vec4f())), seen);
  return p * (dp - row_dsum);
}

// Writes four channels of the queries that exist.
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
  let key = C4 + head;
  let value = 2u * C4 + head;
  let i = (group.x * WG + local) * 4u;
  // Queries past the end redo the last one and are not stored.
  let queries = min(i + FOUR, vec4u(T - 1u));
  let query_rows = first_row + queries;
  let scale = inverseSqrt(f32(params.D));

  // q and dout are scaled, so that ds·k needs no further factor: 1/√D goes into the scores by q
  // and into ds by dout and dsum.
  var q: array<mat4x4f, 8>;
  var g: array<mat4x4f, 8>;
  q[0] = qkv_block(head, query_rows) * scale;
  if (D4 > 1u) { q[1] = qkv_block(head + 1u, query_rows) * scale; }
  if (D4 > 2u) { q[2] = qkv_block(head + 2u, query_rows) * scale; }
  if (D4 > 3u) { q[3] = qkv_block(head + 3u, query_rows) * scale; }
  if (D4 > 4u) { q[4] = qkv_block(head + 4u, query_rows) * scale; }
  if (D4 > 5u) { q[5] = qkv_block(head + 5u, query_rows) * scale; }
  if (D4 > 6u) { q[6] = qkv_block(head + 6u, query_rows) * scale; }
  if (D4 > 7u) { q[7] = qkv_block(head + 7u, query_rows) * scale; }
  g[0] = dout_block(head, query_rows) * scale;
  if (D4 > 1u) { g[1] = dout_block(head + 1u, query_rows) * scale; }
  if (D4 > 2u) { g[2] = dout_block(head + 2u, query_rows) * scale; }
  if (D4 > 3u) { g[3] = dout_block(head + 3u, query_rows) * scale; }
  if (D4 > 4u) { g[4] = dout_block(head + 4u, query_rows) * scale; }
  if (D4 > 5u) { g[5] = dout_block(head + 5u, query_rows) * scale; }
  if (D4 > 6u) { g[6] = dout_block(head + 6u, query_rows) * scale; }
  if (D4 > 7u) { g[7] = dout_block(head + 7u, query_rows) * scale; }
  let stat = (group.z * params.H + group.y) * T + queries;
  let row_lse = vec4f(lse[stat.x], lse[stat.y], lse[stat.z], lse[stat.w]);
  let row_dsum = vec4f(dsum[stat.x], dsum[stat.y], dsum[stat.z], dsum[stat.w]) * scale;

  var sums: array<mat4x4f, 8>;
  // Four neighbouring threads begin and end together, so that their loads stay in step.
  let own = first_keys(first_row, queries);
  let begin = first_keys(first_row, min(vec4u(i & ~15u), vec4u(T - 1u))).x & ~3u;
  let last = min(i | 15u, T - 1u);
  for (var j = begin; j <= last; j += 4u) {
    let keys = j + FOUR;
    let rows = first_row + min(keys, vec4u(T - 1u));
    var k: array<mat4x4f, 8>;
    k[0] = qkv_block(key, rows);
    if (D4 > 1u) { k[1] = qkv_block(key + 1u, rows); }
    if (D4 > 2u) { k[2] = qkv_block(key + 2u, rows); }
    if (D4 > 3u) { k[3] = qkv_block(key + 3u, rows); }
    if (D4 > 4u) { k[4] = qkv_block(key + 4u, rows); }
    if (D4 > 5u) { k[5] = qkv_block(key + 5u, rows); }
    if (D4 > 6u) { k[6] = qkv_block(key + 6u, rows); }
    if (D4 > 7u) { k[7] = qkv_block(key + 7u, rows); }

    var s = transpose(k[0]) * q[0];
    if (D4 > 1u) { s += transpose(k[1]) * q[1]; }
    if (D4 > 2u) { s += transpose(k[2]) * q[2]; }
    if (D4 > 3u) { s += transpose(k[3]) * q[3]; }
    if (D4 > 4u) { s += transpose(k[4]) * q[4]; }
    if (D4 > 5u) { s += transpose(k[5]) * q[5]; }
    if (D4 > 6u) { s += transpose(k[6]) * q[6]; }
    if (D4 > 7u) { s += transpose(k[7]) * q[7]; }

    var dp = transpose(qkv_block(value, rows)) * g[0];
    if (D4 > 1u) { dp += transpose(qkv_block(value + 1u, rows)) * g[1]; }
    if (D4 > 2u) { dp += transpose(qkv_block(value + 2u, rows)) * g[2]; }
    if (D4 > 3u) { dp += transpose(qkv_block(value + 3u, rows)) * g[3]; }
    if (D4 > 4u) { dp += transpose(qkv_block(value + 4u, rows)) * g[4]; }
    if (D4 > 5u) { dp += transpose(qkv_block(value + 5u, rows)) * g[5]; }
    if (D4 > 6u) { dp += transpose(qkv_block(value + 6u, rows)) * g[6]; }
    if (D4 > 7u) { dp += transpose(qkv_block(value + 7u, rows)) * g[7]; }

    let ds = mat4x4f(
      slope(s[0], dp[0], row_lse.x, row_dsum.x, (keys <= vec4u(queries.x)) & (keys >= vec4u(own.x))),
      slope(s[1], dp[1], row_lse.y, row_dsum.y, (keys <= vec4u(queries.y)) & (keys >= vec4u(own.y))),
      slope(s[2], dp[2], row_lse.z, row_dsum.z, (keys <= vec4u(queries.z)) & (keys >= vec4u(own.z))),
      slope(s[3], dp[3], row_lse.w, row_dsum.w, (keys <= vec4u(queries.w)) & (keys >= vec4u(own.w))),
    );
    sums[0] += k[0] * ds;
    if (D4 > 1u) { sums[1] += k[1] * ds; }
    if (D4 > 2u) { sums[2] += k[2] * ds; }
    if (D4 > 3u) { sums[3] += k[3] * ds; }
    if (D4 > 4u) { sums[4] += k[4] * ds; }
    if (D4 > 5u) { sums[5] += k[5] * ds; }
    if (D4 > 6u) { sums[6] += k[6] * ds; }
    if (D4 > 7u) { sums[7] += k[7] * ds; }
  }

  let count = T - min(i, T);
  let first = first_row + i;
  store(first, head, count, sums[0]);
  if (D4 > 1u) { store(first, head + 1u, count, sums[1]); }
  if (D4 > 2u) { store(first, head + 2u, count, sums[2]); }
  if (D4 > 3u) { store(first, head + 3u, count, sums[3]); }
  if (D4 > 4u) { store(first, head + 4u, count, sums[4]); }
  if (D4 > 5u) { store(first, head + 5u, count, sums[5]); }
  if (D4 > 6u) { store(first, head + 6u, count, sums[6]); }
  if (D4 > 7u) { store(first, head + 7u, count, sums[7]); }
}
