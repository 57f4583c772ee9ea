// probe_flops: as much arithmetic as an adapter does, and next to no memory. The benchmark's peak.
//
//   x ← a·x + b, 4·ITERATIONS times, for eight independent x a thread;  out[n] = Σ x
//
// Shapes: out [N]
// Grid: N/WG rounded up, in two dimensions past 65,535.
// Work: 64·ITERATIONS floating-point operations a thread.
// Numerics: f32; with |a| < 1 every x settles at b/(1 − a).
// Reference: the fixed point 8·b/(1 − a) in the test.

override WG: u32 = 64;
override ITERATIONS: u32 = 1024;

struct Params { N: u32, a: f32, b: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) count: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let n = (group.y * count.x + group.x) * WG + thread;
  let a = vec4f(params.a);
  let b = vec4f(params.b);
  var x = vec4f(f32(n & 7u));
  var y = x + 1.0;
  for (var i = 0u; i < ITERATIONS; i++) {
    x = fma(x, a, b);
    y = fma(y, a, b);
    x = fma(x, a, b);
    y = fma(y, a, b);
    x = fma(x, a, b);
    y = fma(y, a, b);
    x = fma(x, a, b);
    y = fma(y, a, b);
  }
  if (n < params.N) { out[n] = dot(x + y, vec4f(1.0)); }
}
