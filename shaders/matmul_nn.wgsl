// matmul_nn: out = epilogue(a·b), the forward of a linear layer (weights stored [in, out]), for
// any size. Where N and K are multiples of 4, matmul_nn_vec4 computes the same, faster.
//
//   x = Σ_k a[m,k]·b[k,n] (+ bias[n])          BIAS
//   x → gelu_new(x), the sum kept in pre        GELU
//   x → x·mask[m,n]                             DROPOUT (mask holds 0 or 1/(1−p))
//   x → x + residual[m,n]                       RESIDUAL
//
// a [M,K], b [K,N], bias [N], residual, mask, pre and out [M,N].
// Grid: (N / (4·WG_N), M / (TILE_M·WG_M)) rounded up. A thread owns TILE_M (4 or 8) rows and 4
// columns that lie WG_N apart, so that neighbours read neighbouring elements of b.
// Numerics: f32; four products are summed in order, then added to the running sum, k ascending.
// Reference: tests/reference/matmul.ts, gelu.ts.

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<f32>;
@group(0) @binding(5) var<storage, read> mask: array<f32>;
@group(0) @binding(6) var<storage, read_write> pre: array<f32>;
@group(0) @binding(7) var<storage, read_write> out: array<f32>;

const TILE_M: u32 = 8u;
override WG_M: u32 = 8u;
override WG_N: u32 = 8u;
override BIAS: u32 = 0u;
override GELU: u32 = 0u;
override DROPOUT: u32 = 0u;
override RESIDUAL: u32 = 0u;

// Four k of row m of a, zero past K; a row past the end reads the last one.
fn row_of_a(m: u32, k: vec4u) -> vec4f {
  let at = min(m, params.M - 1u) * params.K + min(k, vec4u(params.K - 1u));
  return select(vec4f(), vec4f(a[at.x], a[at.y], a[at.z], a[at.w]), k < vec4u(params.K));
}

// Four rows of a by four k.
fn block_of_a(m: u32, k: vec4u) -> mat4x4f {
  return mat4x4f(row_of_a(m, k), row_of_a(m + 1u, k), row_of_a(m + 2u, k), row_of_a(m + 3u, k));
}

// Row k of b at four columns; a row past the end reads the last one.
fn row_of_b(k: u32, n: vec4u) -> vec4f {
  let at = min(k, params.K - 1u) * params.N + n;
  return vec4f(b[at.x], b[at.y], b[at.z], b[at.w]);
}

// gelu_new(x) = ½x(1 + tanh(u)) = x / (1 + exp(−2u)), u = √(2/π)(x + 0.044715x³).
fn gelu(x: f32) -> f32 {
  let u = 0.7978845608028654 * (x + 0.044715 * x * x * x);
  return x / (1.0 + exp(-2.0 * clamp(u, -40.0, 40.0)));
}

fn store(m: u32, n: u32, sum: f32) {
  if (m < params.M && n < params.N) {
    let at = m * params.N + n;
    var x = sum;
    if (BIAS != 0u) { x += bias[n]; }
    if (GELU != 0u) {
      pre[at] = x;
      x = gelu(x);
    }
    if (DROPOUT != 0u) { x *= mask[at]; }
    if (RESIDUAL != 0u) { x += residual[at]; }
    out[at] = x;
  }
}

fn store_rows(m: u32, n: vec4u, sums: mat4x4f) {
  var rows = sums;
  for (var i = 0u; i < 4u; i++) {
    for (var j = 0u; j < 4u; j++) { store(m + i, n[j], rows[i][j]); }
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
  // Column i of a sum is row i of its part of out.
  var upper: mat4x4f;
  var lower: mat4x4f;
  for (var k = 0u; k < params.K; k += 4u) {
    let ks = k + vec4u(0u, 1u, 2u, 3u);
    let y = mat4x4f(
      row_of_b(ks.x, columns),
      row_of_b(ks.y, columns),
      row_of_b(ks.z, columns),
      row_of_b(ks.w, columns),
    );
    upper += y * block_of_a(m, ks);
    if (TILE_M > 4u) { lower += y * block_of_a(m + 4u, ks); }
  }
  store_rows(m, n, upper);
  if (TILE_M > 4u) { store_rows(m + 4u, n, lower); }
}
