// dropout_mask: the multipliers of inverted dropout (Srivastava et al. 2014), from Philox4x32-10, for
// S places of a model that drop, from number `first` on; of each place N elements from 4·skip on.
//
//   mask[s, i] = 0 where uniform < p, else 1/(1 − p)
//   uniform = (word i mod 4 of Philox(counter, key) >> 8)·2⁻²⁴
//   counter = (skip + i div 4, first + s, step[2], 1),   key = (step[0], step[1])
//
// Shapes: step [4] · mask [S,N]
// Grid: one thread four elements of a place, WG a workgroup, flat over two dimensions.
// Numerics: exact integers (Salmon et al. 2011), then 24 bits exact in f32; the same on every GPU.
// Reference: tests/reference/philox.ts, dropout.ts

override WG: u32 = 64;

struct Params { first: u32, S: u32, N: u32, skip: u32, p: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> step: array<u32>;
@group(0) @binding(2) var<storage, read_write> mask: array<f32>;

// The high 32 bits of a·b, from four 16-bit products.
fn multiply_high(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let carry = ((a0 * b0) >> 16u) + ((a0 * b1) & 0xffffu) + ((a1 * b0) & 0xffffu);
  return a1 * b1 + ((a0 * b1) >> 16u) + ((a1 * b0) >> 16u) + (carry >> 16u);
}

fn philox(counter: vec4u, seed: vec2u) -> vec4u {
  const M0 = 0xd2511f53u;
  const M1 = 0xcd9e8d57u;
  var c = counter;
  var key = seed;
  for (var round = 0u; round < 10u; round++) {
    c = vec4u(
      multiply_high(M1, c.z) ^ c.y ^ key.x, M1 * c.z,
      multiply_high(M0, c.x) ^ c.w ^ key.y, M0 * c.x,
    );
    key += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let fours = (params.N + 3u) / 4u;
  let index = (group.y * groups.x + group.x) * WG + thread;
  let place = index / fours;
  let four = index % fours;
  if (place < params.S) {
    let counter = vec4u(params.skip + four, params.first + place, step[2], 1u);
    let words = philox(counter, vec2u(step[0], step[1]));
    let uniforms = vec4f(words >> vec4u(8u)) * 0x1p-24;
    let kept = select(vec4f(1.0 / (1.0 - params.p)), vec4f(0.0), uniforms < vec4f(params.p));
    let start = place * params.N + four * 4u;
    let count = params.N - four * 4u;
    mask[start] = kept.x;
    if (count > 1u) { mask[start + 1u] = kept.y; }
    if (count > 2u) { mask[start + 2u] = kept.z; }
    if (count > 3u) { mask[start + 3u] = kept.w; }
  }
}
