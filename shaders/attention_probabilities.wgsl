// attention_probabilities: the weights of causal self-attention, written out to be looked at. The
// forward pass keeps only its output and the log-sum-exp; here each weight is made again from them.
//
//   p_ij = exp(q_i·k_j / √D − lse_i) for j ≤ i, else 0
//
// Shapes: qkv [B·T, 3·H·D] with q | k | v in a row, each of them H heads of D (a multiple of 4)
//         lse [B,H,T] as attention_forward gives it · probs [B,H,T,T]
// Grid: (T/WG rounded up, T, B·H), a thread a key, a row of workgroups a query.
// Numerics: f32. A weight is an exponential of the difference of two scores, so that a row sums to 1
// within the rounding of its scores.
// Reference: tests/reference/attention.ts (probs).

override WG: u32 = 64;

struct Params { B: u32, T: u32, H: u32, D: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read_write> probs: array<f32>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let T = params.T;
  let D4 = params.D / 4u;
  let C4 = params.H * D4;
  let query = group.y;
  let key = group.x * WG + thread;
  let sequence = group.z / params.H;
  let head = group.z % params.H;
  if (key >= T) { return; }

  let row = group.z * T + query;
  var weight = 0.0;
  if (key <= query) {
    let q = (sequence * T + query) * 3u * C4 + head * D4;
    let k = (sequence * T + key) * 3u * C4 + C4 + head * D4;
    var score = vec4f();
    for (var d = 0u; d < D4; d++) { score += qkv[q + d] * qkv[k + d]; }
    let scaled = dot(score, vec4f(1.0)) * inverseSqrt(f32(params.D));
    weight = exp(max(scaled - lse[row], -100.0));
  }
  probs[row * T + key] = weight;
}
