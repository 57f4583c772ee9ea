// matmul_naive: the textbook product, one thread an element. The yardstick of the benchmark.
//
//   out[m,n] = Σ_k a[m,k]·b[k,n]
//
// a [M,K] (stored [K,M] with TRANSPOSE_A), b [K,N] (stored [N,K] with TRANSPOSE_B), out [M,N].
// Grid: (N/8, M/8) rounded up, workgroups of 8×8.
// Numerics: f32, k summed in order by one thread. Reference: tests/reference/matmul.ts.

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

override TRANSPOSE_A: u32 = 0u;
override TRANSPOSE_B: u32 = 0u;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let m = id.y;
  let n = id.x;
  if (m < params.M && n < params.N) {
    var sum = 0.0;
    for (var k = 0u; k < params.K; k++) {
      let at_a = select(m * params.K + k, k * params.M + m, TRANSPOSE_A != 0u);
      let at_b = select(k * params.N + n, n * params.K + k, TRANSPOSE_B != 0u);
      sum += a[at_a] * b[at_b];
    }
    out[m * params.N + n] = sum;
  }
}
