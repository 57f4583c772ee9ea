// ema: the moving average of the weights.
//
//   average ← decay·average + (1 − decay)·weights
//
// Nothing changes once halted is set (the weights' own update was refused).
//
// Shapes: average, weights [N], N a multiple of 64 · halted [1]
// Grid: one thread four floats, WG a workgroup, flat over two dimensions.
// Numerics: f32, elementwise, in the form average + (1 − decay)·(weights − average): equal weights
// stay exactly equal.
// Reference: tests/reference/adamw.ts (ema)

override WG: u32 = 64;

struct Params { N: u32, decay: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> average: array<vec4f>;
@group(0) @binding(2) var<storage, read> weights: array<vec4f>;
@group(0) @binding(3) var<storage, read> halted: array<u32>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i < params.N / 4u && halted[0] == 0u) {
    let old = average[i];
    average[i] = old + (1.0 - params.decay) * (weights[i] - old);
  }
}
