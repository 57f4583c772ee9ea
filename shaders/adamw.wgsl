// adamw: one update of every parameter (Loshchilov & Hutter 2019), as in PyTorch.
//
//   g = grads·norm[1]                  clipped by the global norm
//   m ← β1·m + (1 − β1)·g,   v ← β2·v + (1 − β2)·g²
//   weights ← weights·(1 − lr·weight_decay·decay) − lr·m/(1 − β1ᵗ) / (√(v/(1 − β2ᵗ)) + eps)
//
// Nothing changes once halted is set (a gradient of this update or of one before was not finite).
//
// Shapes: weights, grads, m, v [N], N a multiple of 64 · decay [BLOCKS], 1 or 0 for each 64 floats
// · norm [4], halted [1] (from grad_norm) · step [8], f32 bits of lr, β1, β2, eps, weight_decay, 1/(1 − β1ᵗ),
// 1/(1 − β2ᵗ), 0
// Grid: one thread four floats, WG a workgroup, flat over two dimensions.
// Numerics: f32, elementwise.
// Reference: tests/reference/adamw.ts

override WG: u32 = 64;

struct Params { N: u32, BLOCKS: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> grads: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(5) var<storage, read> decay: array<f32>;
@group(0) @binding(6) var<storage, read> norm: array<f32>;
@group(0) @binding(7) var<storage, read> step: array<u32>;
@group(0) @binding(8) var<storage, read> halted: array<u32>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i < params.N / 4u && halted[0] == 0u) {
    let lr = bitcast<f32>(step[0]);
    let beta1 = bitcast<f32>(step[1]);
    let beta2 = bitcast<f32>(step[2]);
    let eps = bitcast<f32>(step[3]);
    let weight_decay = bitcast<f32>(step[4]) * decay[i / 16u];
    let unbias1 = bitcast<f32>(step[5]);
    let unbias2 = bitcast<f32>(step[6]);

    let g = grads[i] * norm[1];
    let mean = beta1 * m[i] + (1.0 - beta1) * g;
    let square = beta2 * v[i] + (1.0 - beta2) * g * g;
    let direction = mean * unbias1 / (sqrt(square * unbias2) + eps);
    m[i] = mean;
    v[i] = square;
    weights[i] = weights[i] * (1.0 - lr * weight_decay) - lr * direction;
  }
}
