// matmul_nt: out = a·bᵀ, the tied head's logits (b = wte) and dx = dy·wᵀ, for any size. Where N
// and K are multiples of 4, matmul_nt_vec4 computes the same, faster.
//
//   out[m,n] = Σ_k a[m,k]·b[n,k]   (· gelu_new'(pre[m,n]) with GELU_BACKWARD)
//
// a [M,K], b [N,K], pre and out [M,N].
// Grid: (N / (4·WG_N), M / (TILE_M·WG_M)) rounded up. A thread owns TILE_M (4 or 8) rows and 4
// columns that lie WG_N apart.
// Numerics: f32; four products are summed in order, then added to the running sum, k ascending.
// Reference: tests/reference/matmul.ts, gelu.ts.

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> pre: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

const TILE_M: u32 = 8u;
override WG_M: u32 = 8u;
override WG_N: u32 = 8u;
override GELU_BACKWARD: u32 = 0u;

// Four k of row m of a, zero past K; a row past the end reads the last one.
fn row_of_a(m: u32, k: vec4u) -> vec4f {
  let at = min(m, params.M - 1u) * params.K + min(k, vec4u(params.K - 1u));
  return select(vec4f(), vec4f(a[at.x], a[at.y], a[at.z], a[at.w]), k < vec4u(params.K));
}

// Four rows of a by four k.
fn block_of_a(m: u32, k: vec4u) -> mat4x4f {
  return mat4x4f(row_of_a(m, k), row_of_a(m + 1u, k), row_of_a(m + 2u, k), row_of_a(m + 3u, k));
}

// Four k of row n of b; k past the end reads the last one.
fn row_of_b(n: u32, k: vec4u) -> vec4f {
  let at = n * params.K + min(k, vec4u(params.K - 1u));
  return vec4f(b[at.x], b[at.y], b[at.z], b[at.w]);
}

// With s = 1/(1 + exp(−2u)) = ½(1 + tanh u): gelu_new'(x) = s + 2x·s(1 − s)·du/dx.
fn gelu_slope(x: f32) -> f32 {
  let u = 0.7978845608028654 * (x + 0.044715 * x * x * x);
  let s = 1.0 / (1.0 + exp(-2.0 * clamp(u, -40.0, 40.0)));
  let du = 0.7978845608028654 * (1.0 + 3.0 * 0.044715 * x * x);
  return s + 2.0 * x * s * (1.0 - s) * du;
}

fn store(m: u32, n: u32, sum: f32) {
  if (m < params.M && n < params.N) {
    let at = m * params.N + n;
    var x = sum;
    if (GELU_BACKWARD != 0u) { x *= gelu_slope(pre[at]); }
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
    let y = transpose(mat4x4f(
      row_of_b(columns.x, ks),
      row_of_b(columns.y, ks),
      row_of_b(columns.z, ks),
      row_of_b(columns.w, ks),
    ));
    upper += y * block_of_a(m, ks);
    if (TILE_M > 4u) { lower += y * block_of_a(m + 4u, ks); }
  }
  store_rows(m, n, upper);
  if (TILE_M > 4u) { store_rows(m + 4u, n, lower); }
}
