// ppo_policy_loss: the clipped loss of the policy (Schulman et al. 2017), a mean over real response tokens.
//
//   ratio = exp(logprob − old_logprob)
//   loss = mean(max(−A·ratio, −A·clamp(ratio, 1 − cliprange, 1 + cliprange)))
//   weight = −∂loss/∂logprob = A·ratio/tokens, 0 where the clipped branch is the larger
//   stats = loss, approxkl = ½·mean((logprob − old)²), clipfrac, mean entropy, mean ratio, mean ratio²,
//   tokens, 0    (the means + stats with ACCUMULATE)
//
// Row n predicts response token places[n] of the rollout's [S,R]; where it predicts none, places[n] is
// negative and weight 0. count[0] is the response tokens of the whole minibatch, so that its parts add
// up to its mean.
//
// Shapes: logprob, entropy, places, weight [N] · old_logprobs, advantages [S,R] · count [4] · stats [8]
// Grid: one workgroup of WG threads.
// Numerics: f32; strided loops and fixed-order trees.
// Reference: tests/reference/ppo.ts (policyLoss)

override WG: u32 = 64;
override ACCUMULATE: u32 = 0;

struct Params { N: u32, S: u32, R: u32, cliprange: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logprob: array<f32>;
@group(0) @binding(2) var<storage, read> entropy: array<f32>;
@group(0) @binding(3) var<storage, read> old_logprobs: array<f32>;
@group(0) @binding(4) var<storage, read> advantages: array<f32>;
@group(0) @binding(5) var<storage, read> places: array<i32>;
@group(0) @binding(6) var<storage, read> count: array<i32>;
@group(0) @binding(7) var<storage, read_write> weight: array<f32>;
@group(0) @binding(8) var<storage, read_write> stats: array<f32>;

var<workgroup> losses: array<vec4f, WG>;
var<workgroup> ratios: array<vec2f, WG>;

// exp(x). Near 0, where most ratios are, by its series to the last digit: WGSL's own may be off by four.
fn ratio_of(x: f32) -> f32 {
  if (abs(x) > 0.5) { return exp(x); }
  let tail = 1.0 + x / 5.0 * (1.0 + x / 6.0 * (1.0 + x / 7.0 * (1.0 + x / 8.0)));
  return 1.0 + x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * tail)));
}

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) thread: u32) {
  let tokens = count[0];
  let share = 1.0 / f32(max(tokens, 1));

  var loss_sums = vec4f();
  var ratio_sums = vec2f();
  for (var row = thread; row < params.N; row += WG) {
    let place = places[row];
    var row_weight = 0.0;
    if (place >= 0) {
      let i = u32(place);
      let advantage = advantages[i];
      let change = logprob[row] - old_logprobs[i];
      let ratio = ratio_of(change);
      let unclipped = -advantage * ratio;
      let clipped = -advantage * clamp(ratio, 1.0 - params.cliprange, 1.0 + params.cliprange);
      let binds = clipped > unclipped;
      row_weight = select(-unclipped * share, 0.0, binds);
      loss_sums += vec4f(max(unclipped, clipped), 0.5 * change * change, f32(binds), entropy[row]);
      ratio_sums += vec2f(ratio, ratio * ratio);
    }
    weight[row] = row_weight;
  }

  losses[thread] = loss_sums;
  ratios[thread] = ratio_sums;
  for (var stride = WG / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (thread < stride) {
      losses[thread] += losses[thread + stride];
      ratios[thread] += ratios[thread + stride];
    }
  }
  if (thread == 0u) {
    var means = losses[0] * share;
    var ratio_means = ratios[0] * share;
    if (ACCUMULATE == 1u) {
      means += vec4f(stats[0], stats[1], stats[2], stats[3]);
      ratio_means += vec2f(stats[4], stats[5]);
    }
    for (var j = 0u; j < 4u; j++) { stats[j] = means[j]; }
    stats[4] = ratio_means.x;
    stats[5] = ratio_means.y;
    stats[6] = f32(tokens);
    stats[7] = 0.0;
  }
}
