// attention_backward_dq_quad: attention_backward_dq_x4 with loads shared by quads of threads, for devices
// with subgroups and D at most 64 (D4 ≤ 16); writes the q part of dqkv only.
//
//   p_ij = exp(q_i·k_j/√D − lse_i),  ds_ij = p_ij·(dout_i·v_j − dsum_i)
//   dq_i = Σ_{j≤i} ds_ij·k_j/√D
//
// qkv, dqkv [B·T, 3·H·D] with q | k | v in a row; dout [B·T, H·D]; lse, dsum [B, H, T]. D = 4·D4.
// Grid: (T/(4·WG) rounded up, H, B); WG is a multiple of 4. 4×4 blocks as in attention_forward_quad, a
// query a column; each thread of a quad fetches one of four keys and values.
// With PACKED a row holds several sequences, one behind the other: positions [B·T] is the place of
// each token in its own, and a query sees no key before it.
// Numerics: f32, keys summed in order, four at a time: the bits of attention_backward_dq_x4.
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

fn dout_block(at: vec4u) -> mat4x4f {
  return mat4x4f(dout[at.x], dout[at.y], dout[at.z], dout[at.w]);
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
  @builtin(subgroup_invocation_id) place: u32,
) {
  let T = params.T;
  let C4 = params.H * D4;
  let first_row = group.z * T;
  let head = group.y * D4;
  let start = group.x * WG * 4u;
  let i = start + local * 4u;
  // Queries past the end redo the last one and are not stored.
  let queries = min(i + FOUR, vec4u(T - 1u));
  let query_at = (first_row + queries) * 3u * C4 + head;
  let dout_at = (first_row + queries) * C4 + head;
  let scale = inverseSqrt(f32(params.D));

  // q and dout are scaled, so that ds·k needs no further factor: 1/√D goes into the scores by q
  // and into ds by dout and dsum.
  var q: array<mat4x4f, D4>;
  var g: array<mat4x4f, D4>;
  for (var d = 0u; d < D4; d++) { // unrolled
    q[d] = qkv_block(query_at + d) * scale;
    g[d] = dout_block(dout_at + d) * scale;
  }
  let stat = (group.z * params.H + group.y) * T + queries;
  let row_lse = vec4f(lse[stat.x], lse[stat.y], lse[stat.z], lse[stat.w]);
  let row_dsum = vec4f(dsum[stat.x], dsum[stat.y], dsum[stat.z], dsum[stat.w]) * scale;

  var sums: array<mat4x4f, D4>;
  // The threads of a workgroup begin and end together: they fetch keys and values for one another.
  let own = first_keys(first_row, queries);
  let begin = first_keys(first_row, vec4u(start)).x & ~3u;
  let last = min(start + 4u * WG, T) - 1u;
  for (var j = begin; j <= last; j += 4u) {
    let keys = j + FOUR;
    let key_at = (first_row + min(j + place % 4u, T - 1u)) * 3u * C4 + C4 + head;
    let value_at = key_at + C4;
    var k: array<mat4x4f, D4>;
    for (var d = 0u; d < D4; d++) { // unrolled
      k[d] = shared_by_quad(qkv[key_at + d]);
    }

    var s = mat4x4f();
    for (var d = 0u; d < D4; d++) { // unrolled
      s = plus_products(s, q[d], transpose(k[d]));
    }

    var dp = mat4x4f();
    for (var d = 0u; d < D4; d++) { // unrolled
      dp = plus_products(dp, g[d], transpose(shared_by_quad(qkv[value_at + d])));
    }

    let ds = mat4x4f(
      slope(s[0], dp[0], row_lse.x, row_dsum.x, (keys <= vec4u(queries.x)) & (keys >= vec4u(own.x))),
      slope(s[1], dp[1], row_lse.y, row_dsum.y, (keys <= vec4u(queries.y)) & (keys >= vec4u(own.y))),
      slope(s[2], dp[2], row_lse.z, row_dsum.z, (keys <= vec4u(queries.z)) & (keys >= vec4u(own.z))),
      slope(s[3], dp[3], row_lse.w, row_dsum.w, (keys <= vec4u(queries.w)) & (keys >= vec4u(own.w))),
    );
    for (var d = 0u; d < D4; d++) { // unrolled
      sums[d] = plus_products(sums[d], ds, k[d]);
    }
  }

  let count = T - min(i, T);
  let first = first_row + i;
  for (var d = 0u; d < D4; d++) { // unrolled
    store(first, head + d, count, sums[d]);
  }
}
