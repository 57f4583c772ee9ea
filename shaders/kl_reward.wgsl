// kl_reward: the reward of every response token (Ouyang et al. 2022, 3.5).
//
//   rewards[s, r] = −kl_coef·(logprobs − ref_logprobs)[s, r] + [r = response − 1]·scores[s]
//   and 0 past the end of the response
//
// Shapes: logprobs, ref_logprobs, rewards [S,R] · scores [S] · lengths [S,2] (prompt, response)
// · step [4], step[0] the f32 bits of kl_coef
// Grid: one thread an element of rewards, WG a workgroup.
// Numerics: f32, elementwise.
// Reference: tests/reference/advantage.ts (klRewards)

override WG: u32 = 64;

struct Params { S: u32, R: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logprobs: array<f32>;
@group(0) @binding(2) var<storage, read> ref_logprobs: array<f32>;
@group(0) @binding(3) var<storage, read> scores: array<f32>;
@group(0) @binding(4) var<storage, read> lengths: array<i32>;
@group(0) @binding(5) var<storage, read> step: array<u32>;
@group(0) @binding(6) var<storage, read_write> rewards: array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i < params.S * params.R) {
    let s = i / params.R;
    let r = i % params.R;
    let response = u32(lengths[2u * s + 1u]);
    let kl_coef = bitcast<f32>(step[0]);
    let penalty = -kl_coef * (logprobs[i] - ref_logprobs[i]);
    let score = select(0.0, scores[s], r + 1u == response);
    rewards[i] = select(0.0, penalty + score, r < response);
  }
}
