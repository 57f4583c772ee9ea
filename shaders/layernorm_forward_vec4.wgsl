// layernorm_forward_vec4: layer normalisation over channels (Ba et al. 2016), with GPT-2's eps,
// where C is a multiple of 4. Other sizes go to layernorm_forward, which computes the same.
//
//   out = (x − mean)·rstd·weight + bias,   rstd = 1/√(variance + 1e-5), population variance
//
// Shapes: x, out [N,C] · weight, bias [C] · stats [N,2], mean and rstd (kept for backward)
// Grid: LANES threads a row, WG/LANES rows a workgroup, flat over two dimensions. A small workgroup
// (a software adapter) gives each row one thread and never waits at a barrier.
// Numerics: f32 in two passes, the mean and then the squared deviations from it; each sum is four
// strided loops, added up, and a fixed-order tree.
// Reference: tests/reference/layernorm.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, 32u, WG >= 32u);

struct Params { N: u32, C: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> stats: array<vec2f>;

var<workgroup> partial: array<f32, WG>;

// Sum over the LANES threads of a row; each of them gets it.
fn row_sum(value: f32, thread: u32) -> f32 {
  if (LANES == 1u) { return value; }
  let lane = thread % LANES;
  partial[thread] = value;
  for (var stride = LANES / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (lane < stride) { partial[thread] += partial[thread + stride]; }
  }
  workgroupBarrier();
  let sum = partial[thread - lane];
  workgroupBarrier();
  return sum;
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let C4 = params.C / 4u;
  let row = (group.y * groups.x + group.x) * (WG / LANES) + thread / LANES;
  let lane = thread % LANES;
  let start = min(row, params.N - 1u) * C4;

  var sum = vec4f();
  for (var c = lane; c < C4; c += LANES) { sum += x[start + c]; }
  let mu = row_sum(dot(sum, vec4f(1.0)), thread) / f32(params.C);

  var squares = vec4f();
  for (var c = lane; c < C4; c += LANES) {
    let deviation = x[start + c] - mu;
    squares += deviation * deviation;
  }
  let r = 1.0 / sqrt(row_sum(dot(squares, vec4f(1.0)), thread) / f32(params.C) + 1e-5);

  if (row < params.N) {
    for (var c = lane; c < C4; c += LANES) {
      out[start + c] = (x[start + c] - mu) * r * weight[c] + bias[c];
    }
    if (lane == 0u) { stats[row] = vec2f(mu, r); }
  }
}
