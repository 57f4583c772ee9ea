// probe_bandwidth: a copy, PER_THREAD·16 bytes a thread. The benchmark's peak of memory traffic.
//
//   out = source
//
// Shapes: source, out [N], N a multiple of 4
// Grid: N/(4·WG·PER_THREAD) rounded up, in two dimensions past 65,535.
// Numerics: the same bits. Reference: the source itself, in the test.

override WG: u32 = 64;
override PER_THREAD: u32 = 4;

struct Params { N: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) count: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  // Neighbouring threads copy neighbouring vectors at each turn.
  let first = (group.y * count.x + group.x) * WG * PER_THREAD + thread;
  for (var turn = 0u; turn < PER_THREAD; turn++) {
    let i = first + turn * WG;
    if (i < params.N / 4u) { out[i] = source[i]; }
  }
}
