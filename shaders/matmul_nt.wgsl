// matmul_nt: out = a·bᵀ, the tied head's logits (b = wte) and dx = dy·wᵀ.
//
//   out[m,n] = Σ_k a[m,k]·b[n,k]   (· gelu_new'(pre[m,n]) with GELU_BACKWARD)
//
// a [M,K], b [N,K], pre and out [M,N]; no alignment is needed.
// Grid: (N / (TILE_N·WG_N), M / (TILE_M·WG_M)) rounded up. A thread owns TILE_M rows and TILE_N
// columns that lie WG_N apart.
// Numerics: f32, k summed in order by one thread. Reference: tests/reference/matmul.ts, gelu.ts.

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> pre: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

const TILE_M: u32 = 4u;
const TILE_N: u32 = 4u;
override WG_M: u32 = 8u;
override WG_N: u32 = 8u;
override GELU_BACKWARD: u32 = 0u;

// With s = 1/(1 + exp(−2u)) = ½(1 + tanh u): gelu_new'(x) = s + 2x·s(1 − s)·du/dx.
fn gelu_slope(x: f32) -> f32 {
  let u = 0.7978845608028654 * (x + 0.044715 * x * x * x);
  let s = 1.0 / (1.0 + exp(-2.0 * clamp(u, -40.0, 40.0)));
  let du = 0.7978845608028654 * (1.0 + 3.0 * 0.044715 * x * x);
  return s + 2.0 * x * s * (1.0 - s) * du;
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
      columns[j] = b[min(first_n + j * WG_N, params.N - 1u) * params.K + k];
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
        if (GELU_BACKWARD != 0u) { x *= gelu_slope(pre[at]); }
        out[at] = x;
      }
    }
  }
}
