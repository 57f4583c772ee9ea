// attention_forward_x4: attention_forward with four queries a thread, for D at most 64 (D4 ≤ 16).
// A key that is loaded serves four queries, which is what counts on software adapters.
//
//   s_ij = q_i·k_j / √D for j ≤ i,  lse_i = log Σ_j exp(s_ij),  out_i = Σ_j exp(s_ij − lse_i)·v_j
//
// qkv [B·T, 3·H·D] with q | k | v in a row, each of them H heads of D; out [B·T, H·D];
// lse [B, H, T]. D = 4·D4. Grid: (T/(4·WG) rounded up, H, B).
// All is done in 4×4 blocks: queries by keys for the scores, queries by channels for the rest;
// column i of a block belongs to query i. The blocks are written out one by one because software
// adapters unroll no loops and keep indexed arrays in memory.
// With PACKED a row holds several sequences, one behind the other: positions [B·T] is the place of
// each token in its own, and a query sees no key before it.
// Numerics: f32. Keys come in order, four at a time; a running maximum scales what was summed.
// Keys that a query does not see have the score −3.4e38 and the weight 0.
// Reference: tests/reference/attention.ts.

struct Params { B: u32, T: u32, H: u32, D: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> lse: array<f32>;
@group(0) @binding(4) var<storage, read> positions: array<i32>;

const D4: u32 = 4u;
override WG: u32 = 8u;
override PACKED: u32 = 0u;

const MASK = -3.4e38;
const FOUR = vec4u(0u, 1u, 2u, 3u);

// The first keys that four queries see: 0, or where the sequence of each begins.
fn first_keys(first_row: u32, queries: vec4u) -> vec4u {
  if (PACKED == 0u) { return vec4u(); }
  let row = first_row + queries;
  return queries
    - vec4u(vec4i(positions[row.x], positions[row.y], positions[row.z], positions[row.w]));
}

// Four channels of four rows; a row a column.
fn qkv_block(at: vec4u) -> mat4x4f {
  return mat4x4f(qkv[at.x], qkv[at.y], qkv[at.z], qkv[at.w]);
}

// Scores (query a column) of four keys over four channels.
fn scores(key_at: vec4u, q: mat4x4f) -> mat4x4f {
  return transpose(qkv_block(key_at)) * q;
}

fn largest(s: vec4f) -> f32 {
  return max(max(s.x, s.y), max(s.z, s.w));
}

// The sum of four channels: what was, scaled per query, and the values weighted by p.
fn add_values(sum: mat4x4f, shrink: vec4f, value_at: vec4u, p: mat4x4f) -> mat4x4f {
  let scaled =
    mat4x4f(sum[0] * shrink.x, sum[1] * shrink.y, sum[2] * shrink.z, sum[3] * shrink.w);
  return scaled + qkv_block(value_at) * p;
}

// Writes four channels of the queries that exist.
fn store(first: u32, channel: u32, count: u32, sum: mat4x4f, share: vec4f) {
  let C4 = params.H * D4;
  let at = first * C4 + channel;
  if (count > 0u) { out[at] = sum[0] * share.x; }
  if (count > 1u) { out[at + C4] = sum[1] * share.y; }
  if (count > 2u) { out[at + 2u * C4] = sum[2] * share.z; }
  if (count > 3u) { out[at + 3u * C4] = sum[3] * share.w; }
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
  let i = (group.x * WG + local) * 4u;
  // Queries past the end redo the last one and are not stored.
  let queries = min(i + FOUR, vec4u(T - 1u));
  let query_at = (first_row + queries) * 3u * C4 + head;
  let scale = inverseSqrt(f32(params.D));

  var q: array<mat4x4f, D4>;
  for (var d = 0u; d < D4; d++) { // unrolled
    q[d] = qkv_block(query_at + d) * scale;
  }

  var sums: array<mat4x4f, D4>;
  var top = vec4f(MASK);
  var total = vec4f();
  // Four neighbouring threads begin and end together, so that their loads stay in step.
  let own = first_keys(first_row, queries);
  let begin = first_keys(first_row, min(vec4u(i & ~15u), vec4u(T - 1u))).x & ~3u;
  let last = min(i | 15u, T - 1u);
  for (var j = begin; j <= last; j += 4u) {
    let keys = j + FOUR;
    let key_at = (first_row + min(keys, vec4u(T - 1u))) * 3u * C4 + C4 + head;
    var s = mat4x4f();
    for (var d = 0u; d < D4; d++) { // unrolled
      s += scores(key_at + d, q[d]);
    }

    let seen0 = (keys <= vec4u(queries.x)) & (keys >= vec4u(own.x));
    let seen1 = (keys <= vec4u(queries.y)) & (keys >= vec4u(own.y));
    let seen2 = (keys <= vec4u(queries.z)) & (keys >= vec4u(own.z));
    let seen3 = (keys <= vec4u(queries.w)) & (keys >= vec4u(own.w));
    let s0 = select(vec4f(MASK), s[0], seen0);
    let s1 = select(vec4f(MASK), s[1], seen1);
    let s2 = select(vec4f(MASK), s[2], seen2);
    let s3 = select(vec4f(MASK), s[3], seen3);
    let new_top = max(top, vec4f(largest(s0), largest(s1), largest(s2), largest(s3)));
    let shrink = exp(max(top - new_top, vec4f(-100.0)));
    top = new_top;
    let p = mat4x4f(
      select(vec4f(), exp(max(s0 - top.x, vec4f(-100.0))), seen0),
      select(vec4f(), exp(max(s1 - top.y, vec4f(-100.0))), seen1),
      select(vec4f(), exp(max(s2 - top.z, vec4f(-100.0))), seen2),
      select(vec4f(), exp(max(s3 - top.w, vec4f(-100.0))), seen3),
    );
    total = total * shrink + vec4f(1.0) * p;

    let value_at = key_at + C4;
    for (var d = 0u; d < D4; d++) { // unrolled
      sums[d] = add_values(sums[d], shrink, value_at + d, p);
    }
  }

  let count = T - min(i, T);
  let first = first_row + i;
  let share = 1.0 / total;
  for (var d = 0u; d < D4; d++) { // unrolled
    store(first, head + d, count, sums[d], share);
  }
  let row_lse = top + log(total);
  let stat = (group.z * params.H + group.y) * T + i;
  if (count > 0u) { lse[stat] = row_lse.x; }
  if (count > 1u) { lse[stat + 1u] = row_lse.y; }
  if (count > 2u) { lse[stat + 2u] = row_lse.z; }
  if (count > 3u) { lse[stat + 3u] = row_lse.w; }
}
