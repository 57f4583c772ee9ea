// matmul_nn_tiled: out = epilogue(a·b) with tiles in workgroup memory, for GPUs; N and K are multiples
// of 4. The same as matmul_nn_vec4, which software adapters run faster.
//
//   x = Σ_k a[m,k]·b[k,n] (+ bias[n])          BIAS
//   x → gelu_new(x), the sum kept in pre        GELU
//   x → x·mask[m,n]                             DROPOUT (mask holds 0 or 1/(1−p))
//   x → x + residual[m,n]                       RESIDUAL
//
// a [M,K], b [K,N], bias [N], residual, mask, pre and out [M,N].
// Grid: (N / (4·COLUMNS·WG_N), M / (4·ROWS·WG_M)) rounded up. A workgroup fetches BLOCK_K of k at
// a time into workgroup memory (16 KiB at most); a thread owns ROWS × COLUMNS blocks of 4×4, a
// block's neighbours WG_M and WG_N blocks apart, so that its columns are read without conflicts.
// Numerics: f32, k ascending, a fused multiply-add each. Reference: tests/reference/matmul.ts, gelu.ts.

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read> residual: array<vec4f>;
@group(0) @binding(5) var<storage, read> mask: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> pre: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> out: array<vec4f>;

const WG_M: u32 = 8u;
const WG_N: u32 = 8u;
const ROWS: u32 = 1u;
const COLUMNS: u32 = 1u;
const BLOCK_K: u32 = 32u;
override BIAS: u32 = 0u;
override GELU: u32 = 0u;
override DROPOUT: u32 = 0u;
override RESIDUAL: u32 = 0u;

// Tiles in vectors of four.
const THREADS = WG_M * WG_N;
const K4S = BLOCK_K / 4u;
const M4S = WG_M * ROWS;
const N4S = WG_N * COLUMNS;

var<workgroup> a_tile: array<vec4f, M4S * BLOCK_K>;
var<workgroup> b_tile: array<vec4f, N4S * BLOCK_K>;

// Rows of a, [row][k/4]; zero past K. Rows past the end read the last one.
fn fetch_a(m: u32, k4: u32, thread: u32) {
  let K4 = params.K / 4u;
  for (var i = thread; i < M4S * BLOCK_K; i += THREADS) {
    let row = min(m + i / K4S, params.M - 1u);
    let at = k4 + i % K4S;
    a_tile[i] = select(vec4f(), a[row * K4 + min(at, K4 - 1u)], at < K4);
  }
}

fn block_of_a(m4: u32, k4: u32) -> mat4x4f {
  let at = 4u * m4 * K4S + k4;
  return mat4x4f(a_tile[at], a_tile[at + K4S], a_tile[at + 2u * K4S], a_tile[at + 3u * K4S]);
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

// gelu_new(x) = ½x(1 + tanh(u)) = x / (1 + exp(−2u)), u = √(2/π)(x + 0.044715x³).
fn gelu(x: vec4f) -> vec4f {
  let u = 0.7978845608028654 * (x + 0.044715 * x * x * x);
  return x / (1.0 + exp(-2.0 * clamp(u, vec4f(-40.0), vec4f(40.0))));
}

fn store(m: u32, n4: u32, sum: vec4f) {
  let N4 = params.N / 4u;
  if (m < params.M && n4 < N4) {
    let at = m * N4 + n4;
    var x = sum;
    if (BIAS != 0u) { x += bias[n4]; }
    if (GELU != 0u) {
      pre[at] = x;
      x = gelu(x);
    }
    if (DROPOUT != 0u) { x *= mask[at]; }
    if (RESIDUAL != 0u) { x += residual[at]; }
    out[at] = x;
  }
}

fn store_rows(m: u32, n4: u32, sums: mat4x4f) {
  store(m, n4, sums[0]);
  store(m + 1u, n4, sums[1]);
  store(m + 2u, n4, sums[2]);
  store(m + 3u, n4, sums[3]);
}

@compute @workgroup_size(WG_N, WG_M)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let m_first = group.y * 4u * M4S;
  let n4_first = group.x * N4S;
  let m = m_first + 4u * local.y;
  let n4 = n4_first + local.x;
  var sums00: mat4x4f;
  var sums01: mat4x4f;
  var sums10: mat4x4f;
  var sums11: mat4x4f;
  for (var k = 0u; k < params.K; k += BLOCK_K) {
    fetch_a(m_first, k / 4u, thread);
    fetch_b(n4_first, k, params.K, thread);
    workgroupBarrier();
    for (var k4 = 0u; k4 < K4S; k4++) {
      let b0 = block_of_b(local.x, k4);
      let a0 = block_of_a(local.y, k4);
      sums00 = add_block(sums00, a0, b0);
      if (COLUMNS > 1u) {
        let b1 = block_of_b(local.x + WG_N, k4);
        sums01 = add_block(sums01, a0, b1);
        if (ROWS > 1u) { sums11 = add_block(sums11, block_of_a(local.y + WG_M, k4), b1); }
      }
      if (ROWS > 1u) { sums10 = add_block(sums10, block_of_a(local.y + WG_M, k4), b0); }
    }
    workgroupBarrier();
  }
  store_rows(m, n4, sums00);
  if (COLUMNS > 1u) { store_rows(m, n4 + WG_N, sums01); }
  if (ROWS > 1u) { store_rows(m + 4u * WG_M, n4, sums10); }
  if (ROWS > 1u && COLUMNS > 1u) { store_rows(m + 4u * WG_M, n4 + WG_N, sums11); }
}
