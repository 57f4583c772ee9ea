// matmul_tn: out = aᵀ·b, the weight gradient dw = xᵀ·dy, and with it the bias gradient.
//
//   out[m,n]  = Σ_k a[k,m]·b[k,n]   (+ out[m,n] with ACCUMULATE)
//   dbias[n]  = Σ_k b[k,n]          (+ dbias[n] with ACCUMULATE)     BIAS
//
// a [K,M], b [K,N], out [M,N], dbias [N]; K is the number of rows B·T; no alignment is needed.
// Grid: (N / (TILE_N·WG_N), M / (TILE_M·WG_M)) rounded up. A thread owns TILE_M rows and TILE_N
// columns that lie WG_N apart; the threads of the first rows also write dbias.
// Numerics: f32, k summed in order by one thread, then added to what was there.
// Reference: tests/reference/matmul.ts.

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<storage, read_write> dbias: array<f32>;

const TILE_M: u32 = 4u;
const TILE_N: u32 = 4u;
override WG_M: u32 = 8u;
override WG_N: u32 = 8u;
override ACCUMULATE: u32 = 0u;
override BIAS: u32 = 0u;

@compute @workgroup_size(WG_N, WG_M)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let first_m = (group.y * WG_M + local.y) * TILE_M;
  let first_n = group.x * WG_N * TILE_N + local.x;
  var sums: array<f32, TILE_M * TILE_N>;
  var columns: array<f32, TILE_N>;
  var column_sums: array<f32, TILE_N>;
  for (var k = 0u; k < params.K; k++) {
    for (var j = 0u; j < TILE_N; j++) {
      columns[j] = b[k * params.N + min(first_n + j * WG_N, params.N - 1u)];
      if (BIAS != 0u) { column_sums[j] += columns[j]; }
    }
    for (var i = 0u; i < TILE_M; i++) {
      let row = a[k * params.M + min(first_m + i, params.M - 1u)];
      for (var j = 0u; j < TILE_N; j++) {
        sums[i * TILE_N + j] += row * columns[j];
      }
    }
  }
  for (var j = 0u; j < TILE_N; j++) {
    let n = first_n + j * WG_N;
    if (n < params.N) {
      for (var i = 0u; i < TILE_M; i++) {
        let m = first_m + i;
        if (m < params.M) {
          let at = m * params.N + n;
          var x = sums[i * TILE_N + j];
          if (ACCUMULATE != 0u) { x += out[at]; }
          out[at] = x;
        }
      }
      if (BIAS != 0u && first_m == 0u) {
        var x = column_sums[j];
        if (ACCUMULATE != 0u) { x += dbias[n]; }
        dbias[n] = x;
      }
    }
  }
}
