// matmul_nn: out = epilogue(a·b), the forward of a linear layer (weights stored [in, out]).
//
//   x = Σ_k a[m,k]·b[k,n] (+ bias[n])          BIAS
//   x → gelu_new(x), the sum kept in pre        GELU
//   x → x·mask[m,n]                             DROPOUT (mask holds 0 or 1/(1−p))
//   x → x + residual[m,n]                       RESIDUAL
//
// a [M,K], b [K,N], bias [N], residual, mask, pre and out [M,N]; no alignment is needed.
// Grid: (N / (TILE_N·WG_N), M / (TILE_M·WG_M)) rounded up. A thread owns TILE_M rows and TILE_N
// columns that lie WG_N apart, so that neighbouring threads read neighbouring columns of b.
// Numerics: f32, k summed in order by one thread. Reference: tests/reference/matmul.ts, gelu.ts.

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<f32>;
@group(0) @binding(5) var<storage, read> mask: array<f32>;
@group(0) @binding(6) var<storage, read_write> pre: array<f32>;
@group(0) @binding(7) var<storage, read_write> out: array<f32>;

const TILE_M: u32 = 4u;
const TILE_N: u32 = 4u;
override WG_M: u32 = 8u;
override WG_N: u32 = 8u;
override BIAS: u32 = 0u;
override GELU: u32 = 0u;
override DROPOUT: u32 = 0u;
override RESIDUAL: u32 = 0u;

// gelu_new(x) = ½x(1 + tanh(u)) = x / (1 + exp(−2u)), u = √(2/π)(x + 0.044715x³).
fn gelu(x: f32) -> f32 {
  let u = 0.7978845608028654 * (x + 0.044715 * x * x * x);
  return x / (1.0 + exp(-2.0 * clamp(u, -40.0, 40.0)));
}

@compute @workgroup_size(WG_N, WG_M)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let first_m = (group.y * WG_M + local.y) * TILE_M;
  let first_n = group.x * WG_N * TILE_N + local.x;
  var sums: array<f32, TILE_M * TILE_N>;
  var columns: array<f32, TILE_N>;
  for (var k = 0u; k < params.K; k++) {
    for (var j = 0u; j < TILE_N; j++) {
      columns[j] = b[k * params.N + min(first_n + j * WG_N, params.N - 1u)];
    }
    for (var i = 0u; i < TILE_M; i++) {
      let row = a[min(first_m + i, params.M - 1u) * params.K + k];
      for (var j = 0u; j < TILE_N; j++) {
        sums[i * TILE_N + j] += row * columns[j];
      }
    }
  }
  for (var i = 0u; i < TILE_M; i++) {
    for (var j = 0u; j < TILE_N; j++) {
      let m = first_m + i;
      let n = first_n + j * WG_N;
      if (m < params.M && n < params.N) {
        let at = m * params.N + n;
        var x = sums[i * TILE_N + j];
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
  }
}
