// gae: generalised advantage estimation (Schulman et al. 2016), backwards over each response.
//
//   δ_r = reward_r + gamma·V_{r+1} − V_r,   A_r = δ_r + gamma·lam·A_{r+1},   returns = A + V
//
// V and A are 0 past the end of the response, and so are both outputs.
//
// Shapes: rewards, values, advantages, returns [S,R] · lengths [S,2] (prompt, response)
// Grid: one thread a sequence, WG a workgroup.
// Numerics: f32, a recurrence in fixed order.
// Reference: tests/reference/advantage.ts (gae)

override WG: u32 = 64;

struct Params { S: u32, R: u32, gamma: f32, lam: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rewards: array<f32>;
@group(0) @binding(2) var<storage, read> values: array<f32>;
@group(0) @binding(3) var<storage, read> lengths: array<i32>;
@group(0) @binding(4) var<storage, read_write> advantages: array<f32>;
@group(0) @binding(5) var<storage, read_write> returns: array<f32>;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let s = id.x;
  if (s < params.S) {
    let start = s * params.R;
    let end = start + u32(lengths[2u * s + 1u]);
    for (var i = end; i < start + params.R; i++) {
      advantages[i] = 0.0;
      returns[i] = 0.0;
    }
    var advantage = 0.0;
    var next_value = 0.0;
    for (var i = end; i > start; i--) {
      let value = values[i - 1u];
      let delta = rewards[i - 1u] + params.gamma * next_value - value;
      advantage = delta + params.gamma * params.lam * advantage;
      advantages[i - 1u] = advantage;
      returns[i - 1u] = advantage + value;
      next_value = value;
    }
  }
}
