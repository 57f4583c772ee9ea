// grad_norm: the global norm of all gradients and what to multiply them by.
//
//   norm[0] = √Σ partial
//   norm[1] = min(1, max_norm/(norm[0] + 1e-6)), 1 when max_norm is 0
//   norm[2] = 1 if any gradient, or the norm itself, is not finite, else 0
//   norm[3] = 0
//   halted ← 1 when norm[2] is; never back to 0
//
// Shapes: partial, nonfinite [P] (from grad_norm_partial) · norm [4] · halted [1]
// Grid: one workgroup of WG threads.
// Numerics: f32; a strided loop and a fixed-order tree. Finite gradients beyond 1e19 overflow their
// square; the norm's own exponent bits are looked at for that.
// Reference: tests/reference/adamw.ts (globalNorm, clipCoefficient)

override WG: u32 = 64;

const EXPONENT = 0x7f800000u;

struct Params { P: u32, max_norm: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partial: array<f32>;
@group(0) @binding(2) var<storage, read> nonfinite: array<u32>;
@group(0) @binding(3) var<storage, read_write> norm: array<f32>;
@group(0) @binding(4) var<storage, read_write> halted: array<u32>;

var<workgroup> squares: array<f32, WG>;
var<workgroup> counts: array<u32, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  var count = 0u;
  for (var i = thread; i < params.P; i += WG) {
    sum += partial[i];
    count += nonfinite[i];
  }
  squares[thread] = sum;
  counts[thread] = count;
  for (var stride = WG / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (thread < stride) {
      squares[thread] += squares[thread + stride];
      counts[thread] += counts[thread + stride];
    }
  }
  if (thread == 0u) {
    let total = sqrt(squares[0]);
    let overflow = (bitcast<u32>(squares[0]) & EXPONENT) == EXPONENT;
    norm[0] = total;
    norm[1] = select(1.0, min(1.0, params.max_norm / (total + 1e-6)), params.max_norm > 0.0);
    let bad = overflow || counts[0] > 0u;
    norm[2] = f32(bad);
    norm[3] = 0.0;
    if (bad) { halted[0] = 1u; }
  }
}
