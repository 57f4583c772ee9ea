// matmul_slices: adds up the S slices of a weight gradient that matmul_tn_tiled left.
//
//   out[m,n] = Σ_s partial[s,m,n]        (+ out with ACCUMULATE)
//   dbias[n] = Σ_s partial_bias[s,n]     (+ dbias with ACCUMULATE)     BIAS
//
// partial [S,M,N], out [M,N], partial_bias [S,N], dbias [N]; N is a multiple of 4.
// Grid: a thread four numbers of out, and behind them of dbias; WG a workgroup, flat over two
// dimensions.
// Numerics: f32, s ascending, so the same bits every time. Reference: tests/reference/matmul.ts.

struct Params { M: u32, N: u32, S: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partial: array<vec4f>;
@group(0) @binding(2) var<storage, read> partial_bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dbias: array<vec4f>;

override WG: u32 = 64u;
override ACCUMULATE: u32 = 0u;
override BIAS: u32 = 0u;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let N4 = params.N / 4u;
  let size = params.M * N4;
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i < size) {
    var sum = vec4f();
    for (var s = 0u; s < params.S; s++) { sum += partial[s * size + i]; }
    if (ACCUMULATE != 0u) { sum += out[i]; }
    out[i] = sum;
  } else if (BIAS != 0u && i < size + N4) {
    let n = i - size;
    var sum = vec4f();
    for (var s = 0u; s < params.S; s++) { sum += partial_bias[s * N4 + n]; }
    if (ACCUMULATE != 0u) { sum += dbias[n]; }
    dbias[n] = sum;
  }
}
