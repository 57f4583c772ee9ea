// attention_backward_dkv_quad: attention_backward_dkv_x4 with loads shared by quads of threads, for
// devices with subgroups and D at most 64 (D4 ≤ 16); writes the k and v parts of dqkv only.
//
//   p_ij = exp(q_i·k_j/√D − lse_i),  ds_ij = p_ij·(dout_i·v_j − dsum_i)
//   dk_j = Σ_{i≥j} ds_ij·q_i/√D,  dv_j = Σ_{i≥j} p_ij·dout_i
//
// qkv, dqkv [B·T, 3·H·D] with q | k | v in a row; dout [B·T, H·D]; lse, dsum [B, H, T]. D = 4·D4.
// Grid: (T/(4·WG) rounded up, H, B); WG is a multiple of 4. 4×4 blocks as in attention_forward_quad, but a
// key a column; each thread of a quad fetches one of four queries.
// With PACKED a row holds several sequences, one behind the other: positions [B·T] is the place of
// each token in its own, and a query sees no key before it.
// Numerics: f32, queries summed in order, four at a time: the bits of attention_backward_dkv_x4.
// Reference: tests/reference/attention.ts.

enable subgroups;

struct Params { B: u32, T: u32, H: u32, D: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(2) var<storage, read> dout: array<vec4f>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> dsum: array<f32>;
@group(0) @binding(5) var<storage, read_write> dqkv: array<vec4f>;
@group(0) @binding(6) var<storage, read> positions: array<i32>;

const D4: u32 = 4u;
override WG: u32 = 4u;
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
fn qkv_block(at: vec4u) -> mat4x4f {
  return mat4x4f(qkv[at.x], qkv[at.y], qkv[at.z], qkv[at.w]);
}

// What the four threads of a quad have fetched, in the order of their places in it.
fn shared_by_quad(mine: vec4f) -> mat4x4f {
  return mat4x4f(
    quadBroadcast(mine, 0u),
    quadBroadcast(mine, 1u),
    quadBroadcast(mine, 2u),
    quadBroadcast(mine, 3u),
  );
}

// sums + b·x: column i gets Σ_k x[i][k]·b[k]. Written out, which is faster on SwiftShader than b * x.
fn plus_products(sums: mat4x4f, x: mat4x4f, b: mat4x4f) -> mat4x4f {
  return mat4x4f(
    plus_product(sums[0], x[0], b),
    plus_product(sums[1], x[1], b),
    plus_product(sums[2], x[2], b),
    plus_product(sums[3], x[3], b),
  );
}

fn plus_product(sum: vec4f, x: vec4f, b: mat4x4f) -> vec4f {
  return vec4f(
    b[0].x * x.x + b[1].x * x.y + b[2].x * x.z + b[3].x * x.w + sum.x,
    b[0].y * x.x + b[1].y * x.y + b[2].y * x.z + b[3].y * x.w + sum.y,
    b[0].z * x.x + b[1].z * x.y + b[2].z * x.z + b[3].z * x.w + sum.z,
    b[0].w * x.x + b[1].w * x.y + b[2].w * x.z + b[3].w * x.w + sum.w,
  );
}

fn of_quad(mine: f32) -> vec4f {
  return vec4f(
    quadBroadcast(mine, 0u),
    quadBroadcast(mine, 1u),
    quadBroadcast(mine, 2u),
    quadBroadcast(mine, 3u),
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
  @builtin(subgroup_invocation_id) place: u32,
) {
  let T = params.T;
  let C4 = params.H * D4;
  let first_row = group.z * T;
  let head = group.y * D4;
  let stats = (group.z * params.H + group.y) * T;
  let start = group.x * WG * 4u;
  let j = start + local * 4u;
  // Keys past the end redo the last one and are not stored.
  let keys = min(j + FOUR, vec4u(T - 1u));
  let key_at = (first_row + keys) * 3u * C4 + C4 + head;
  let value_at = key_at + C4;
  let scale = inverseSqrt(f32(params.D));

  // k and v are scaled, so that ds·q needs no further factor: 1/√D goes into the scores by k and
  // into ds by v and dsum.
  var k: array<mat4x4f, D4>;
  var v: array<mat4x4f, D4>;
  for (var d = 0u; d < D4; d++) { // unrolled
    k[d] = qkv_block(key_at + d) * scale;
    v[d] = qkv_block(value_at + d) * scale;
  }

  var dk: array<mat4x4f, D4>;
  var dv: array<mat4x4f, D4>;
  // The threads of a workgroup begin and end together: they fetch queries for one another.
  for (var i = start; i < T; i += 4u) {
    let queries = i + FOUR;
    let rows = min(queries, vec4u(T - 1u));
    let own = first_keys(first_row, rows);
    if (own.x >= start + 4u * WG) { break; }
    let row = min(i + place % 4u, T - 1u);
    let query_at = (first_row + row) * 3u * C4 + head;
    let dout_at = (first_row + row) * C4 + head;
    let row_lse = of_quad(lse[stats + row]);
    let row_dsum = of_quad(dsum[stats + row]) * scale;
    var q: array<mat4x4f, D4>;
    var g: array<mat4x4f, D4>;
    for (var d = 0u; d < D4; d++) { // unrolled
      q[d] = shared_by_quad(qkv[query_at + d]);
      g[d] = shared_by_quad(dout[dout_at + d]);
    }

    var s = mat4x4f();
    var dp = mat4x4f();
    for (var d = 0u; d < D4; d++) { // unrolled
      s = plus_products(s, k[d], transpose(q[d]));
      dp = plus_products(dp, v[d], transpose(g[d]));
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
      dk[d] = plus_products(dk[d], ds, q[d]);
      dv[d] = plus_products(dv[d], p, g[d]);
    }
  }

  let count = T - min(j, T);
  let first = first_row + j;
  let dk_at = C4 + head;
  let dv_at = 2u * C4 + head;
  for (var d = 0u; d < D4; d++) { // unrolled
    store(first, dk_at + d, count, dk[d]);
    store(first, dv_at + d, count, dv[d]);
  }
}
