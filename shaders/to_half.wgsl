// to_half: rounds floats to half precision, for decode_linear_half.
//
//   out[i] = f16(x[i])
//
// x [n] as f32 · out [n] as f16; n is a multiple of 4.
// Grid: a thread for four numbers, WG a workgroup, over two dimensions past 65,535 workgroups.
// Numerics: one of the two nearest halves, which of them WGSL leaves open; exact for what is a half
// already. Past ±65,504, where f16 ends, that.
// Reference: tests/reference/half.ts

enable f16;

override WG: u32 = 64;

struct Params { n: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4h>;

const LARGEST = vec4f(65504.0);

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + thread;
  if (i < params.n / 4u) { out[i] = vec4h(clamp(x[i], -LARGEST, LARGEST)); }
}
