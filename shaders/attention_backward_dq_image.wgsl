// attention_backward_dq_image: attention_backward_dq_x4 with qkv and dout read as images, for llvmpipe,
// which loads the four numbers of a texel at once; writes the q part of dqkv only.
//
//   p_ij = exp(q_i·k_j/√D − lse_i),  ds_ij = p_ij·(dout_i·v_j − dsum_i)
//   dq_i = Σ_{j≤i} ds_ij·k_j/√D
//
// qkv [B·T, 3·H·D] with q | k | v in a row and dout [B·T, H·D] as images of 3·H·D4×B·T and H·D4×B·T
// texels; dqkv [B·T, 3·H·D]; lse, dsum [B, H, T]. D = 4·D4 ≤ 64. Grid: (T/(4·WG) rounded up, H, B).
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
  var q: array<mat4x4f, D4>;
  var g: array<mat4x4f, D4>;
  for (var d = 0u; d < D4; d++) { // unrolled
    q[d] = qkv_block(head + d, query_rows) * scale;
  }
  for (var d = 0u; d < D4; d++) { // unrolled
    g[d] = dout_block(head + d, query_rows) * scale;
  }
  let stat = (group.z * params.H + group.y) * T + queries;
  let row_lse = vec4f(lse[stat.x], lse[stat.y], lse[stat.z], lse[stat.w]);
  let row_dsum = vec4f(dsum[stat.x], dsum[stat.y], dsum[stat.z], dsum[stat.w]) * scale;

  var sums: array<mat4x4f, D4>;
  // Four neighbouring threads begin and end together, so that their loads stay in step.
  let own = first_keys(first_row, queries);
  let begin = first_keys(first_row, min(vec4u(i & ~15u), vec4u(T - 1u))).x & ~3u;
  let last = min(i | 15u, T - 1u);
  for (var j = begin; j <= last; j += 4u) {
    let keys = j + FOUR;
    let rows = first_row + min(keys, vec4u(T - 1u));
    var k: array<mat4x4f, D4>;
    for (var d = 0u; d < D4; d++) { // unrolled
      k[d] = qkv_block(key + d, rows);
    }

    var s = mat4x4f();
    for (var d = 0u; d < D4; d++) { // unrolled
      s += transpose(k[d]) * q[d];
    }

    var dp = mat4x4f();
    for (var d = 0u; d < D4; d++) { // unrolled
      dp += transpose(qkv_block(value + d, rows)) * g[d];
    }

    let ds = mat4x4f(
      slope(s[0], dp[0], row_lse.x, row_dsum.x, (keys <= vec4u(queries.x)) & (keys >= vec4u(own.x))),
      slope(s[1], dp[1], row_lse.y, row_dsum.y, (keys <= vec4u(queries.y)) & (keys >= vec4u(own.y))),
      slope(s[2], dp[2], row_lse.z, row_dsum.z, (keys <= vec4u(queries.z)) & (keys >= vec4u(own.z))),
      slope(s[3], dp[3], row_lse.w, row_dsum.w, (keys <= vec4u(queries.w)) & (keys >= vec4u(own.w))),
    );
    for (var d = 0u; d < D4; d++) { // unrolled
      sums[d] += k[d] * ds;
    }
  }

  let count = T - min(i, T);
  let first = first_row + i;
  for (var d = 0u; d < D4; d++) { // unrolled
    store(first, head + d, count, sums[d]);
  }
}
