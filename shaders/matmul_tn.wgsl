// matmul_tn: out = aᵀ·b, the weight gradient dw = xᵀ·dy, and with it the bias gradient, for any
// size. Where M, N and K are multiples of 4, matmul_tn_vec4 computes the same, faster.
//
//   out[m,n]  = Σ_k a[k,m]·b[k,n]   (+ out[m,n] with ACCUMULATE)
//   dbias[n]  = Σ_k b[k,n]          (+ dbias[n] with ACCUMULATE)     BIAS
//
// a [K,M], b [K,N], out [M,N], dbias [N]; K is the number of rows B·T.
// Grid: (N / (4·WG_N), M / (TILE_M·WG_M)) rounded up. A thread owns TILE_M (4 or 8) rows and 4
// columns that lie WG_N apart; the threads of the first rows also write dbias.
// Numerics: f32; four products are summed in order, then added to the running sum, k ascending;
// what was there is added last. Reference: tests/reference/matmul.ts.

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<storage, read_write> dbias: array<f32>;

const TILE_M: u32 = 8u;
override WG_M: u32 = 8u;
override WG_N: u32 = 8u;
override ACCUMULATE: u32 = 0u;
override BIAS: u32 = 0u;

// Row k of a at four columns; a row past the end reads the last one.
fn row_of_a(k: u32, m: vec4u) -> vec4f {
  let at = min(k, params.K - 1u) * params.M + min(m, vec4u(params.M - 1u));
  return vec4f(a[at.x], a[at.y], a[at.z], a[at.w]);
}

// Four columns of a, the rows of out, by four k.
fn block_of_a(m: u32, k: vec4u) -> mat4x4f {
  let ms = m + vec4u(0u, 1u, 2u, 3u);
  return transpose(
    mat4x4f(row_of_a(k.x, ms), row_of_a(k.y, ms), row_of_a(k.z, ms), row_of_a(k.w, ms))
  );
}

// Row k of b at four columns, zero past K.
fn row_of_b(k: u32, n: vec4u) -> vec4f {
  let at = min(k, params.K - 1u) * params.N + n;
  return select(vec4f(), vec4f(b[at.x], b[at.y], b[at.z], b[at.w]), k < params.K);
}

fn store(m: u32, n: u32, sum: f32) {
  if (m < params.M && n < params.N) {
    let at = m * params.N + n;
    var x = sum;
    if (ACCUMULATE != 0u) { x += out[at]; }
    out[at] = x;
  }
}

fn store_rows(m: u32, n: vec4u, sums: mat4x4f) {
  var rows = sums;
  for (var i = 0u; i < 4u; i++) {
    for (var j = 0u; j < 4u; j++) { store(m + i, n[j], rows[i][j]); }
  }
}

fn store_dbias(n: u32, sum: f32) {
  if (n < params.N) {
    var x = sum;
    if (ACCUMULATE != 0u) { x += dbias[n]; }
    dbias[n] = x;
  }
}

@compute @workgroup_size(WG_N, WG_M)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let m = (group.y * WG_M + local.y) * TILE_M;
  let n = group.x * WG_N * 4u + local.x + vec4u(0u, 1u, 2u, 3u) * WG_N;
  let columns = min(n, vec4u(params.N - 1u));
  let sums_columns = BIAS != 0u && m == 0u;
  // Column i of a sum is row i of its part of out.
  var upper: mat4x4f;
  var lower: mat4x4f;
  var column_sums: vec4f;
  for (var k = 0u; k < params.K; k += 4u) {
    let ks = k + vec4u(0u, 1u, 2u, 3u);
    let y = mat4x4f(
      row_of_b(ks.x, columns),
      row_of_b(ks.y, columns),
      row_of_b(ks.z, columns),
      row_of_b(ks.w, columns),
    );
    if (sums_columns) { column_sums += y * vec4f(1.0); }
    upper += y * block_of_a(m, ks);
    if (TILE_M > 4u) { lower += y * block_of_a(m + 4u, ks); }
  }
  store_rows(m, n, upper);
  if (TILE_M > 4u) { store_rows(m + 4u, n, lower); }
  if (sums_columns) {
    store_dbias(n.x, column_sums.x);
    store_dbias(n.y, column_sums.y);
    store_dbias(n.z, column_sums.z);
    store_dbias(n.w, column_sums.w);
  }
}
