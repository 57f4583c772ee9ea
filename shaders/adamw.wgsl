// adamw: one update of every parameter: clipping by the global norm and AdamW (Loshchilov & Hutter
// 2019), as in PyTorch, and the moving average of the weights.
//
//   norm = √Σ partial of this model,   clip = min(1, max_norm/(norm + 1e-6)), 1 when max_norm is 0
//   g = grads·clip
//   m ← β1·m + (1 − β1)·g,   v ← β2·v + (1 − β2)·g²
//   weights ← weights·(1 − lr·weight_decay·decay) − lr·m/(1 − β1ᵗ) / (√(v/(1 − β2ᵗ)) + eps)
//   average ← average_decay·average + (1 − average_decay)·weights        when AVERAGE is set
//
// Nothing changes once a gradient of this update, of any model that is updated with this one, or of
// an update before was not finite: control[4] is set then, and never back to 0.
//
// Shapes: weights, grads, m, v, average [N], N a multiple of 64 · decay [BLOCKS], 1 or 0 for each 64
// floats · partial [2·P] (from grad_norm_partial), of which parts FIRST … FIRST + COUNT − 1 are
// this model's · control [16], f32 bits but for [4]: 0 norm, 1 clip, 2 whether this model's gradients
// were not finite, 4 halted; 8 lr, 9 β1, 10 β2, 11 eps, 12 weight_decay, 13 1/(1 − β1ᵗ), 14 1/(1 − β2ᵗ)
// Grid: workgroups of WG threads, each with an equal run of groups of four floats; every one adds
// up the partial norms for itself, in the same order, by LANES threads.
// Numerics: f32; a fixed-order sum, then elementwise. The average in the form average +
// (1 − decay)·(weights − average): equal weights stay exactly equal. Finite gradients beyond 1e19
// overflow their square; the norm's own exponent bits are looked at for that.
// Reference: tests/reference/adamw.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, WG, WG >= 32u);
override AVERAGE: u32 = 0;

const EXPONENT = 0x7f800000u;

struct Params {
  N: u32,
  BLOCKS: u32,
  P: u32,
  FIRST: u32,
  COUNT: u32,
  max_norm: f32,
  average_decay: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> grads: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> average: array<vec4f>;
@group(0) @binding(6) var<storage, read> decay: array<f32>;
@group(0) @binding(7) var<storage, read> partial: array<f32>;
@group(0) @binding(8) var<storage, read_write> control: array<atomic<u32>>;

/// Σ g² and values that are not finite, of this model and of all.
var<workgroup> sums: array<vec4f, WG>;

fn setting(index: u32) -> f32 { return bitcast<f32>(atomicLoad(&control[index])); }
fn tell(index: u32, value: f32) { atomicStore(&control[index], bitcast<u32>(value)); }

fn overflown(sum: f32) -> bool { return (bitcast<u32>(sum) & EXPONENT) == EXPONENT; }

/// The sums over all parts, the same in every thread of every workgroup.
fn gather(thread: u32) -> vec4f {
  var sum = vec4f();
  for (var part = thread % LANES; part < params.P; part += LANES) {
    let mine = part >= params.FIRST && part < params.FIRST + params.COUNT;
    let found = vec2f(partial[part], partial[params.P + part]);
    sum += vec4f(select(vec2f(), found, mine), found);
  }
  if (LANES > 1u) {
    sums[thread] = sum;
    for (var stride = LANES / 2u; stride > 0u; stride /= 2u) {
      workgroupBarrier();
      if (thread < stride) { sums[thread] += sums[thread + stride]; }
    }
    workgroupBarrier();
    sum = sums[0];
  }
  return sum;
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let sum = gather(thread);
  let norm = sqrt(sum.x);
  let clip = select(1.0, min(1.0, params.max_norm / (norm + 1e-6)), params.max_norm > 0.0);
  let bad = overflown(sum.z) || sum.w > 0.0;
  if (group.x == 0u && thread == 0u) {
    tell(0u, norm);
    tell(1u, clip);
    tell(2u, f32(overflown(sum.x) || sum.y > 0.0));
    if (bad) { atomicStore(&control[4], 1u); }
  }
  if (bad || atomicLoad(&control[4]) != 0u) { return; }

  let lr = setting(8u);
  let beta1 = setting(9u);
  let beta2 = setting(10u);
  let eps = setting(11u);
  let weight_decay = setting(12u);
  let unbias1 = setting(13u);
  let unbias2 = setting(14u);

  let size = (params.N / 4u + groups.x - 1u) / groups.x;
  let end = min((group.x + 1u) * size, params.N / 4u);
  for (var i = group.x * size + thread; i < end; i += WG) {
    let g = grads[i] * clip;
    let mean = beta1 * m[i] + (1.0 - beta1) * g;
    let square = beta2 * v[i] + (1.0 - beta2) * g * g;
    let direction = mean * unbias1 / (sqrt(square * unbias2) + eps);
    let updated = weights[i] * (1.0 - lr * weight_decay * decay[i / 16u]) - lr * direction;
    m[i] = mean;
    v[i] = square;
    weights[i] = updated;
    if (AVERAGE > 0u) {
      let old = average[i];
      average[i] = old + (1.0 - params.average_decay) * (updated - old);
    }
  }
}
