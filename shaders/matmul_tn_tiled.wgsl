// matmul_tn_tiled: out = aᵀ·b, the weight gradient, with tiles in workgroup memory, for GPUs; M, N and
// K are multiples of 4. K, the number of rows, is cut into S slices, so that small weights with many
// rows still fill the GPU; matmul_slices adds the slices up. Software adapters run matmul_tn_vec4.
//
//   out[s,m,n]  = Σ_{k in slice s} a[k,m]·b[k,n]   (+ out with ACCUMULATE)
//   dbias[s,n]  = Σ_{k in slice s} b[k,n]          (+ dbias with ACCUMULATE)     BIAS
//
// a [K,M], b [K,N], out [S,M,N], dbias [S,N].
// Grid: (N / (4·COLUMNS·WG_N), M / (4·ROWS·WG_M)) rounded up, by S. A workgroup fetches BLOCK_K of k at
// a time into workgroup memory (16 KiB at most); a thread owns ROWS × COLUMNS blocks of 4×4, a
// block's neighbours WG_M and WG_N blocks apart, so that its columns are read without conflicts.
// Numerics: f32, k ascending, a fused multiply-add each. Reference: tests/reference/matmul.ts.

struct Params { M: u32, N: u32, K: u32, S: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dbias: array<vec4f>;

const WG_M: u32 = 8u;
const WG_N: u32 = 8u;
const ROWS: u32 = 1u;
const COLUMNS: u32 = 1u;
const BLOCK_K: u32 = 32u;
override ACCUMULATE: u32 = 0u;
override BIAS: u32 = 0u;

// Tiles in vectors of four.
const THREADS = WG_M * WG_N;
const K4S = BLOCK_K / 4u;
const M4S = WG_M * ROWS;
const N4S = WG_N * COLUMNS;

var<workgroup> a_tile: array<vec4f, M4S * BLOCK_K>;
var<workgroup> b_tile: array<vec4f, N4S * BLOCK_K>;

// Rows of a, [k][column/4]; zero past `end`. Columns past the end read the last ones.
fn fetch_a(m4: u32, k: u32, end: u32, thread: u32) {
  let M4 = params.M / 4u;
  for (var i = thread; i < M4S * BLOCK_K; i += THREADS) {
    let row = k + i / M4S;
    let at = min(row, params.K - 1u) * M4 + min(m4 + i % M4S, M4 - 1u);
    a_tile[i] = select(vec4f(), a[at], row < end);
  }
}

// Four columns of a, the rows of out, by four k.
fn block_of_a(m4: u32, k4: u32) -> mat4x4f {
  let at = 4u * k4 * M4S + m4;
  return transpose(
    mat4x4f(a_tile[at], a_tile[at + M4S], a_tile[at + 2u * M4S], a_tile[at + 3u * M4S])
  );
}

// Rows of b, [k][column/4]; zero past `end`. Columns past the end read the last ones.
fn fetch_b(n4: u32, k: u32, end: u32, thread: u32) {
  let N4 = params.N / 4u;
  for (var i = thread; i < N4S * BLOCK_K; i += THREADS) {
    let row = k + i / N4S;
    let at = min(row, params.K - 1u) * N4 + min(n4 + i % N4S, N4 - 1u);
    b_tile[i] = select(vec4f(), b[at], row < end);
  }
}

fn block_of_b(n4: u32, k4: u32) -> mat4x4f {
  let at = 4u * k4 * N4S + n4;
  return mat4x4f(b_tile[at], b_tile[at + N4S], b_tile[at + 2u * N4S], b_tile[at + 3u * N4S]);
}

// One row of a block: what was, and four k of a row of a times four rows of b.
fn add_row(sum: vec4f, x: vec4f, b: mat4x4f) -> vec4f {
  let two = fma(vec4f(x.y), b[1], fma(vec4f(x.x), b[0], sum));
  return fma(vec4f(x.w), b[3], fma(vec4f(x.z), b[2], two));
}

// Column i of a block is row i of its part of out, and column i of x its row of a.
fn add_block(sums: mat4x4f, x: mat4x4f, b: mat4x4f) -> mat4x4f {
  return mat4x4f(
    add_row(sums[0], x[0], b),
    add_row(sums[1], x[1], b),
    add_row(sums[2], x[2], b),
    add_row(sums[3], x[3], b),
  );
}

fn store(m: u32, n4: u32, slice: u32, sum: vec4f) {
  let N4 = params.N / 4u;
  if (m < params.M && n4 < N4) {
    let at = (slice * params.M + m) * N4 + n4;
    var x = sum;
    if (ACCUMULATE != 0u) { x += out[at]; }
    out[at] = x;
  }
}

fn store_rows(m: u32, n4: u32, slice: u32, sums: mat4x4f) {
  store(m, n4, slice, sums[0]);
  store(m + 1u, n4, slice, sums[1]);
  store(m + 2u, n4, slice, sums[2]);
  store(m + 3u, n4, slice, sums[3]);
}

fn store_dbias(n4: u32, slice: u32, sum: vec4f) {
  let N4 = params.N / 4u;
  if (n4 < N4) {
    var x = sum;
    if (ACCUMULATE != 0u) { x += dbias[slice * N4 + n4]; }
    dbias[slice * N4 + n4] = x;
  }
}

@compute @workgroup_size(WG_N, WG_M)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let m4_first = group.y * M4S;
  let n4_first = group.x * N4S;
  let m = 4u * (m4_first + local.y);
  let n4 = n4_first + local.x;
  let sums_columns = BIAS != 0u && m == 0u;
  let steps = (params.K + BLOCK_K - 1u) / BLOCK_K;
  let length = (steps + params.S - 1u) / params.S * BLOCK_K;
  let begin = group.z * length;
  let end = min(begin + length, params.K);
  var sums00: mat4x4f;
  var sums01: mat4x4f;
  var sums10: mat4x4f;
  var sums11: mat4x4f;
  var columns0: vec4f;
  var columns1: vec4f;
  for (var k = begin; k < end; k += BLOCK_K) {
    fetch_a(m4_first, k, end, thread);
    fetch_b(n4_first, k, end, thread);
    workgroupBarrier();
    for (var k4 = 0u; k4 < K4S; k4++) {
      let b0 = block_of_b(local.x, k4);
      let a0 = block_of_a(local.y, k4);
      if (sums_columns) { columns0 += b0[0] + b0[1] + b0[2] + b0[3]; }
      sums00 = add_block(sums00, a0, b0);
      if (COLUMNS > 1u) {
        let b1 = block_of_b(local.x + WG_N, k4);
        sums01 = add_block(sums01, a0, b1);
        if (sums_columns) { columns1 += b1[0] + b1[1] + b1[2] + b1[3]; }
        if (ROWS > 1u) { sums11 = add_block(sums11, block_of_a(local.y + WG_M, k4), b1); }
      }
      if (ROWS > 1u) { sums10 = add_block(sums10, block_of_a(local.y + WG_M, k4), b0); }
    }
    workgroupBarrier();
  }
  store_rows(m, n4, group.z, sums00);
  if (COLUMNS > 1u) { store_rows(m, n4 + WG_N, group.z, sums01); }
  if (ROWS > 1u) { store_rows(m + 4u * WG_M, n4, group.z, sums10); }
  if (ROWS > 1u && COLUMNS > 1u) { store_rows(m + 4u * WG_M, n4 + WG_N, group.z, sums11); }
  if (sums_columns) {
    store_dbias(n4, group.z, columns0);
    if (COLUMNS > 1u) { store_dbias(n4 + WG_N, group.z, columns1); }
  }
}
