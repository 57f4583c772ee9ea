// matmul_nn_image: out = epilogue(a·b), the forward of a linear layer, with a and b read as images;
// N and K are multiples of 4. The same as matmul_nn_vec4, for llvmpipe, which loads the four numbers
// of a texel at once, and those of a buffer one by one for one thread after the other.
//
//   x = Σ_k a[m,k]·b[k,n] (+ bias[n])          BIAS
//   x → gelu_new(x), the sum kept in pre        GELU
//   x → x·mask[m,n]                             DROPOUT (mask holds 0 or 1/(1−p))
//   x → x + residual[m,n]                       RESIDUAL
//
// a [M,K] and b [K,N] as images of K/4×M and N/4×K texels; bias [N]; residual, mask, pre and
// out [M,N]. Grid: (N / (8·WG_N), M / (TILE_M·WG/WG_N)) rounded up.
// A thread owns TILE_M (8 or 16) rows and two groups of 4 columns, which lie 4·WG_N apart, in 4×4
// blocks as matmul_nn_vec4 does. The threads of a workgroup are numbered in one dimension, because
// llvmpipe fills a vector from one row of threads alone.
// Numerics: f32; four products are summed in order, then added to the running sum, k ascending: the
// bits of matmul_nn_vec4. Texels past the end read as 0 or as what was there before; their sums are
// not stored. Reference: tests/reference/matmul.ts, gelu.ts.

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var a: texture_storage_2d<rgba32float, read>;
@group(0) @binding(2) var b: texture_storage_2d<rgba32float, read>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read> residual: array<vec4f>;
@group(0) @binding(5) var<storage, read> mask: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> pre: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> out: array<vec4f>;

const TILE_M: u32 = 8u;
override WG: u32 = 8u;
override WG_N: u32 = 8u;
override BIAS: u32 = 0u;
override GELU: u32 = 0u;
override DROPOUT: u32 = 0u;
override RESIDUAL: u32 = 0u;

// Four rows of out by two groups of 4 columns. Column i of a block is row i of its part of out.
alias Rows = array<mat4x4f, 2>;

// Four rows of a by four k.
fn block_of_a(k4: u32, m: u32) -> mat4x4f {
  return mat4x4f(
    textureLoad(a, vec2u(k4, m)),
    textureLoad(a, vec2u(k4, m + 1u)),
    textureLoad(a, vec2u(k4, m + 2u)),
    textureLoad(a, vec2u(k4, m + 3u)),
  );
}

// Four k of b by four columns.
fn block_of_b(n4: u32, k: u32) -> mat4x4f {
  return mat4x4f(
    textureLoad(b, vec2u(n4, k)),
    textureLoad(b, vec2u(n4, k + 1u)),
    textureLoad(b, vec2u(n4, k + 2u)),
    textureLoad(b, vec2u(n4, k + 3u)),
  );
}

// Column i of left·x is Σ_k x[i][k]·left[k]: row i of the product a·b.
fn multiply_add(sums: ptr<function, Rows>, x: mat4x4f, left: mat4x4f, right: mat4x4f) {
  (*sums)[0] += left * x;
  (*sums)[1] += right * x;
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

fn store_rows(m: u32, n4: u32, sums: Rows) {
  var rows = sums;
  for (var i = 0u; i < 4u; i++) {
    store(m + i, n4, rows[0][i]);
    store(m + i, n4 + WG_N, rows[1][i]);
  }
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let m = (group.y * (WG / WG_N) + thread / WG_N) * TILE_M;
  let n4 = group.x * WG_N * 2u + thread % WG_N;
  var sums0: Rows;
  var sums1: Rows;
  var sums2: Rows;
  var sums3: Rows;
  for (var k = 0u; k < params.K; k += 4u) {
    let left = block_of_b(n4, k);
    let right = block_of_b(n4 + WG_N, k);
    multiply_add(&sums0, block_of_a(k / 4u, m), left, right);
    multiply_add(&sums1, block_of_a(k / 4u, m + 4u), left, right);
    if (TILE_M > 8u) {
      multiply_add(&sums2, block_of_a(k / 4u, m + 8u), left, right);
      multiply_add(&sums3, block_of_a(k / 4u, m + 12u), left, right);
    }
  }
  store_rows(m, n4, sums0);
  store_rows(m + 4u, n4, sums1);
  if (TILE_M > 8u) {
    store_rows(m + 8u, n4, sums2);
    store_rows(m + 12u, n4, sums3);
  }
}
