// matmul_tn_image: out = aᵀ·b, the weight gradient dw = xᵀ·dy, and with it the bias gradient, with
// a and b read as images; M, N and K are multiples of 4. The same as matmul_tn_vec4, for where
// matmul_nn_image is used.
//
//   out[m,n]  = Σ_k a[k,m]·b[k,n]   (+ out[m,n] with ACCUMULATE)
//   dbias[n]  = Σ_k b[k,n]          (+ dbias[n] with ACCUMULATE)     BIAS
//
// a [K,M] and b [K,N] as images of M/4×K and N/4×K texels; out [M,N], dbias [N]; K is the number of
// rows B·T. Grid: (N / (8·WG_N), M / (TILE_M·WG/WG_N)) rounded up. A thread owns TILE_M (8 or 16)
// rows and two groups of 4 columns that lie 4·WG_N apart, in 4×4 blocks, and is numbered as in
// matmul_nn_image; the threads of the first rows also write dbias.
// Numerics: f32; four products are summed in order, then added to the running sum, k ascending: the
// bits of matmul_tn_vec4; what was there is added last. Texels past the end read as 0 or as what was
// there before; their sums are not stored. Reference: tests/reference/matmul.ts.

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var a: texture_storage_2d<rgba32float, read>;
@group(0) @binding(2) var b: texture_storage_2d<rgba32float, read>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dbias: array<vec4f>;

const TILE_M: u32 = 8u;
override WG: u32 = 8u;
override WG_N: u32 = 8u;
override ACCUMULATE: u32 = 0u;
override BIAS: u32 = 0u;

// Four rows of out by two groups of 4 columns. Column i of a block is row i of its part of out.
alias Rows = array<mat4x4f, 2>;

// Four columns of a, the rows of out, by four k.
fn block_of_a(m4: u32, k: u32) -> mat4x4f {
  return transpose(mat4x4f(
    textureLoad(a, vec2u(m4, k)),
    textureLoad(a, vec2u(m4, k + 1u)),
    textureLoad(a, vec2u(m4, k + 2u)),
    textureLoad(a, vec2u(m4, k + 3u)),
  ));
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

// Column i of left·x is Σ_k x[i][k]·left[k]: row i of the product aᵀ·b.
fn multiply_add(sums: ptr<function, Rows>, x: mat4x4f, left: mat4x4f, right: mat4x4f) {
  (*sums)[0] += left * x;
  (*sums)[1] += right * x;
}

fn store(m: u32, n4: u32, sum: vec4f) {
  let N4 = params.N / 4u;
  if (m < params.M && n4 < N4) {
    let at = m * N4 + n4;
    var x = sum;
    if (ACCUMULATE != 0u) { x += out[at]; }
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

fn store_dbias(n4: u32, sum: vec4f) {
  if (n4 < params.N / 4u) {
    var x = sum;
    if (ACCUMULATE != 0u) { x += dbias[n4]; }
    dbias[n4] = x;
  }
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let m = (group.y * (WG / WG_N) + thread / WG_N) * TILE_M;
  let n4 = group.x * WG_N * 2u + thread % WG_N;
  let sums_columns = BIAS != 0u && m == 0u;
  var sums0: Rows;
  var sums1: Rows;
  var sums2: Rows;
  var sums3: Rows;
  var left_columns: vec4f;
  var right_columns: vec4f;
  for (var k = 0u; k < params.K; k += 4u) {
    let left = block_of_b(n4, k);
    let right = block_of_b(n4 + WG_N, k);
    if (sums_columns) {
      left_columns += left * vec4f(1.0);
      right_columns += right * vec4f(1.0);
    }
    multiply_add(&sums0, block_of_a(m / 4u, k), left, right);
    multiply_add(&sums1, block_of_a(m / 4u + 1u, k), left, right);
    if (TILE_M > 8u) {
      multiply_add(&sums2, block_of_a(m / 4u + 2u, k), left, right);
      multiply_add(&sums3, block_of_a(m / 4u + 3u, k), left, right);
    }
  }
  store_rows(m, n4, sums0);
  store_rows(m + 4u, n4, sums1);
  if (TILE_M > 8u) {
    store_rows(m + 8u, n4, sums2);
    store_rows(m + 12u, n4, sums3);
  }
  if (sums_columns) {
    store_dbias(n4, left_columns);
    store_dbias(n4 + WG_N, right_columns);
  }
}
