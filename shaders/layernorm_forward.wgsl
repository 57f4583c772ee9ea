// layernorm_forward: layer normalisation over channels (Ba et al. 2016), with GPT-2's eps, for any
// number of channels. Where it is a multiple of 4, layernorm_forward_vec4 computes the same, faster.
//
//   out = (x − mean)·rstd·weight + bias,   rstd = 1/√(variance + 1e-5), population variance
//
// Shapes: x, out [N,C] · weight, bias [C] · stats [N,2], mean and rstd (kept for backward)
// Grid: LANES threads a row, WG/LANES rows a workgroup, flat over two dimensions. A small workgroup
// (a software adapter) gives each row one thread and never waits at a barrier.
// Numerics: f32 in two passes, the mean and then the squared deviations from it; each sum is a
// strided loop and a fixed-order tree.
// Reference: tests/reference/layernorm.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, 32u, WG >= 32u);

struct Params { N: u32, C: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
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
  let C = params.C;
  let row = (group.y * groups.x + group.x) * (WG / LANES) + thread / LANES;
  let lane = thread % LANES;
  let start = min(row, params.N - 1u) * C;

  var sum = 0.0;
  for (var c = lane; c < C; c += LANES) { sum += x[start + c]; }
  let mu = row_sum(sum, thread) / f32(C);

  var squares = 0.0;
  for (var c = lane; c < C; c += LANES) {
    let deviation = x[start + c] - mu;
    squares += deviation * deviation;
  }
  let r = 1.0 / sqrt(row_sum(squares, thread) / f32(C) + 1e-5);

  if (row < params.N) {
    for (var c = lane; c < C; c += LANES) {
      out[start + c] = (x[start + c] - mu) * r * weight[c] + bias[c];
    }
    if (lane == 0u) { stats[row] = vec2f(mu, r); }
  }
}
