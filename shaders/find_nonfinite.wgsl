// find_nonfinite: the first value of a buffer that is infinite or NaN.
//
//   found[at] ← min(found[at], i) over all i in [0, N) whose exponent bits are all set
//
// Shapes: values [N], any f32 · found [K], K > at, each FINITE (2³² − 1) before the first scan
// Grid: one thread a value, WG a workgroup, flat over two dimensions.
// Numerics: u32 only: WGSL may assume that a float comparison meets no infinity and no NaN. The
// minimum is atomic, so that the answer does not depend on which workgroup comes first.
// Reference: the scan in the test (tests/kernels/nonfinite.gpu.test.ts)

override WG: u32 = 64;

const EXPONENT = 0x7f800000u;

struct Params { N: u32, K: u32, at: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> found: array<atomic<u32>>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i < params.N && (values[i] & EXPONENT) == EXPONENT) {
    atomicMin(&found[params.at], i);
  }
}
