// cross_entropy_backward_vec4: turns logits, in place, into the gradient of Σ_n weight[n]·(−logprob[n]),
// as cross_entropy_backward does, in rows that begin at multiples of four numbers.
//
//   z = logits·inv_temperature
//   logits[n, v] ← weight[n]·(exp(z[n, v] − lse[n]) − [v = target])·inv_temperature
//
// Rows with target −100 become 0, and so does what stands behind the V logits of a row. A supervised
// mean has weight 1/targets, a policy loss −∂loss/∂logprob.
//
// Shapes: logits [N, V rounded up to a multiple of 4] · targets, lse, weight [N]
// Grid: LANES threads a row, each with every LANES-th four logits; WG/LANES rows a workgroup, flat over
// two dimensions.
// Numerics: f32, elementwise; the exponent is at most rounding above 0.
// Reference: tests/reference/crossEntropy.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, 32u, WG >= 32u);

const IGNORE = -100;

struct Params { N: u32, V: u32, inv_temperature: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<vec4f>;
@group(0) @binding(2) var<storage, read> targets: array<i32>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> weight: array<f32>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let V4 = (params.V + 3u) / 4u;
  let row = (group.y * groups.x + group.x) * (WG / LANES) + thread / LANES;
  if (row < params.N) {
    let start = row * V4;
    let label = targets[row];
    let log_sum = lse[row];
    let scale = select(weight[row], 0.0, label == IGNORE) * params.inv_temperature;
    for (var v = thread % LANES; v < V4; v += LANES) {
      let p = exp(logits[start + v] * params.inv_temperature - log_sum);
      let token = 4u * v + vec4u(0u, 1u, 2u, 3u);
      let slope = scale * (p - select(vec4f(), vec4f(1.0), vec4i(token) == vec4i(label)));
      logits[start + v] = select(vec4f(), slope, token < vec4u(params.V));
    }
  }
}
