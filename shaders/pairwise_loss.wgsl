// pairwise_loss: the K-wise ranking loss of the reward model (Ouyang et al. 2022, equation 1).
//
//   loss = Σ_{pairs w, l of one prompt, rank[w] < rank[l]} weight[w]·softplus(−(r_w − r_l))
//   dscores = ∂loss/∂scores, 0 at every row but each completion's last token
//   stats = loss, pairs with r_w > r_l, pairs, Σ (r_w − r_l)    (+ stats with ACCUMULATE)
//
// Completion s has its score r_s = scores[last[s]] (copied to picked[s]), its prompt group[s]
// (negative: an empty slot) and rank[s] (1 is best; equal ranks make no pair); weight[s] =
// 1/(pairs of its prompt · prompts of the batch), so a prompt weighs the same whatever its K.
//
// Shapes: scores, dscores [N] · last, group, rank, weight, picked [S] · stats [4]
// Grid: one workgroup of WG threads; a thread takes every WG-th completion against all others.
// Numerics: f32; softplus(x) = max(x, 0) + log(1 + e^−|x|); sums in completion order and a fixed-order tree.
// Reference: tests/reference/pairwise.ts

override WG: u32 = 64;
override ACCUMULATE: u32 = 0;

struct Params { S: u32, N: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> scores: array<f32>;
@group(0) @binding(2) var<storage, read> last: array<i32>;
@group(0) @binding(3) var<storage, read> group: array<i32>;
@group(0) @binding(4) var<storage, read> rank: array<i32>;
@group(0) @binding(5) var<storage, read> weight: array<f32>;
@group(0) @binding(6) var<storage, read_write> dscores: array<f32>;
@group(0) @binding(7) var<storage, read_write> picked: array<f32>;
@group(0) @binding(8) var<storage, read_write> stats: array<f32>;

var<workgroup> partial: array<vec4f, WG>;

fn score_of(s: u32) -> f32 { return scores[u32(last[s])]; }

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) thread: u32) {
  for (var n = thread; n < params.N; n += WG) { dscores[n] = 0.0; }
  storageBarrier();

  var sums = vec4f();
  for (var s = thread; s < params.S; s += WG) {
    let filled = group[s] >= 0;
    let own = select(0.0, score_of(s), filled);
    var gradient = 0.0;
    for (var other = 0u; other < params.S; other++) {
      if (filled && group[other] == group[s] && rank[other] != rank[s]) {
        let wins = rank[s] < rank[other];
        let difference = own - score_of(other);
        let margin = select(-difference, difference, wins);
        let wrong = weight[s] / (1.0 + exp(min(margin, 80.0)));
        gradient += select(wrong, -wrong, wins);
        if (wins) {
          let softplus = max(-margin, 0.0) + log(1.0 + exp(-abs(margin)));
          sums += vec4f(weight[s] * softplus, f32(margin > 0.0), 1.0, margin);
        }
      }
    }
    picked[s] = own;
    if (filled) { dscores[u32(last[s])] = gradient; }
  }

  partial[thread] = sums;
  for (var stride = WG / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (thread < stride) { partial[thread] += partial[thread + stride]; }
  }
  if (thread == 0u) {
    var total = partial[0];
    if (ACCUMULATE == 1u) { total += vec4f(stats[0], stats[1], stats[2], stats[3]); }
    for (var j = 0u; j < 4u; j++) { stats[j] = total[j]; }
  }
}
