// grad_norm_partial: sums of squares of a model's gradients in COUNT parts, and counts of what is not
// finite, among the P parts of all models that are updated together.
//
//   part q holds groups of four [q·L, (q+1)·L), L = ⌈N/(4·COUNT)⌉
//   partial[FIRST + q] = Σ g², over finite g;   partial[P + FIRST + q] = how many are infinite or NaN
//
// Shapes: grads [N], N a multiple of 4 · partial [2·P]
// Grid: LANES threads a part, WG/LANES parts a workgroup.
// Numerics: f32; a strided loop and a fixed-order tree. A value is not finite when all its exponent
// bits are set: compared as u32, because WGSL may assume that a float comparison meets none.
// Reference: tests/reference/adamw.ts (globalNorm)

override WG: u32 = 64;
override LANES: u32 = select(1u, WG, WG >= 32u);

const EXPONENT = 0x7f800000u;

struct Params { N: u32, P: u32, FIRST: u32, COUNT: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> grads: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partial: array<f32>;

var<workgroup> squares: array<f32, WG>;
var<workgroup> counts: array<u32, WG>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let part = group.x * (WG / LANES) + thread / LANES;
  let lane = thread % LANES;
  let size = (params.N / 4u + params.COUNT - 1u) / params.COUNT;
  let end = min((part + 1u) * size, params.N / 4u);

  var sums = vec4f();
  var bad = vec4u();
  for (var i = part * size + lane; i < end; i += LANES) {
    let g = grads[i];
    let finite = (bitcast<vec4u>(g) & vec4u(EXPONENT)) != vec4u(EXPONENT);
    sums += select(vec4f(), g * g, finite);
    bad += select(vec4u(1u), vec4u(), finite);
  }
  var sum = (sums.x + sums.y) + (sums.z + sums.w);
  var count = bad.x + bad.y + bad.z + bad.w;

  if (LANES > 1u) {
    squares[thread] = sum;
    counts[thread] = count;
    for (var stride = LANES / 2u; stride > 0u; stride /= 2u) {
      workgroupBarrier();
      if (lane < stride) {
        squares[thread] += squares[thread + stride];
        counts[thread] += counts[thread + stride];
      }
    }
    sum = squares[thread];
    count = counts[thread];
  }
  if (lane == 0u && part < params.COUNT) {
    partial[params.FIRST + part] = sum;
    partial[params.P + params.FIRST + part] = f32(count);
  }
}
