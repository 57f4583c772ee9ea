// weighted_sum: one scaled dot product into one slot of a small buffer; how losses become numbers.
//
//   out[slot] = scale·Σ_n a[n]·b[n]    (+ out[slot] with ACCUMULATE)
//
// Shapes: a, b [N] · out [S], of which only `slot` is written
// Grid: one workgroup of WG threads.
// Numerics: f32; a strided loop and a fixed-order tree.
// Reference: a sum in f64 in the test

override WG: u32 = 64;
override ACCUMULATE: u32 = 0;

struct Params { N: u32, slot: u32, S: u32, scale: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

var<workgroup> partial: array<f32, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var n = thread; n < params.N; n += WG) { sum += a[n] * b[n]; }
  partial[thread] = sum;
  for (var stride = WG / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (thread < stride) { partial[thread] += partial[thread + stride]; }
  }
  if (thread == 0u) {
    var total = params.scale * partial[0];
    if (ACCUMULATE == 1u) { total += out[params.slot]; }
    out[params.slot] = total;
  }
}
