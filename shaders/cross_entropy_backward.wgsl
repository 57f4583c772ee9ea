// cross_entropy_backward: turns logits, in place, into the gradient of Σ_n weight[n]·(−logprob[n]), in
// rows without gaps. cross_entropy_backward_vec4, which training runs, is measured against it.
//
//   z = logits·inv_temperature
//   logits[n, v] ← weight[n]·(exp(z[n, v] − lse[n]) − [v = target])·inv_temperature
//
// Rows with target −100 become 0. A supervised mean has weight 1/targets, a policy loss
// −∂loss/∂logprob.
//
// Shapes: logits [N,V] · targets, lse, weight [N]
// Grid: LANES threads a row, each with every LANES-th logit; WG/LANES rows a workgroup, flat over
// two dimensions.
// Numerics: f32, elementwise; the exponent is at most rounding above 0.
// Reference: tests/reference/crossEntropy.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, 32u, WG >= 32u);

const IGNORE = -100;

struct Params { N: u32, V: u32, inv_temperature: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<i32>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> weight: array<f32>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let V = params.V;
  let row = (group.y * groups.x + group.x) * (WG / LANES) + thread / LANES;
  if (row < params.N) {
    let start = row * V;
    let label = targets[row];
    let log_sum = lse[row];
    let scale = select(weight[row], 0.0, label == IGNORE) * params.inv_temperature;
    for (var v = thread % LANES; v < V; v += LANES) {
      let p = exp(logits[start + v] * params.inv_temperature - log_sum);
      logits[start + v] = scale * (p - f32(i32(v) == label));
    }
  }
}
