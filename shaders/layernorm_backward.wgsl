// layernorm_backward: the gradient of LayerNorm by its input, for any number of channels. Where it is
// a multiple of 4, layernorm_backward_vec4 computes the same, faster.
//
//   g = dy·weight,   x̂ = (x − mean)·rstd
//   dx = rstd·(g − mean_c(g) − x̂·mean_c(g·x̂))    (+ residual with RESIDUAL)
//   dropped = dx·mask                              (with DROPOUT)
//
// `residual` is the gradient that went around the block, so the sum of both paths is one pass; and
// `dropped` is what goes on into the block below, behind its residual dropout.
//
// Shapes: dy, x, residual, mask, dx, dropped [N,C] · weight [C] · stats [N,2], mean and rstd
// Grid: LANES threads a row, WG/LANES rows a workgroup, flat over two dimensions. A small workgroup
// (a software adapter) gives each row one thread and never waits at a barrier.
// Numerics: f32; both means are one strided loop and one fixed-order tree over pairs.
// Reference: tests/reference/layernorm.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, 32u, WG >= 32u);
override RESIDUAL: u32 = 0;
override DROPOUT: u32 = 0;

struct Params { N: u32, C: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> stats: array<vec2f>;
@group(0) @binding(5) var<storage, read> residual: array<f32>;
@group(0) @binding(6) var<storage, read> mask: array<f32>;
@group(0) @binding(7) var<storage, read_write> dx: array<f32>;
@group(0) @binding(8) var<storage, read_write> dropped: array<f32>;

var<workgroup> partial: array<vec2f, WG>;

// Sum over the LANES threads of a row; each of them gets it.
fn row_sum(value: vec2f, thread: u32) -> vec2f {
  if (LANES == 1u) { return value; }
  let lane = thread % LANES;
  partial[thread] = value;
  for (var stride = LANES / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (lane < stride) { partial[thread] += partial[thread + stride]; }
  }
  workgroupBarrier();
  return partial[thread - lane];
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
  let n = min(row, params.N - 1u);
  let start = n * C;
  let mu = stats[n].x;
  let r = stats[n].y;

  var sums = vec2f();
  for (var c = lane; c < C; c += LANES) {
    let g = dy[start + c] * weight[c];
    sums += vec2f(g, g * (x[start + c] - mu) * r);
  }
  let means = row_sum(sums, thread) / f32(C);

  if (row < params.N) {
    for (var c = lane; c < C; c += LANES) {
      let g = dy[start + c] * weight[c];
      let normalised = (x[start + c] - mu) * r;
      var gradient = r * (g - means.x - normalised * means.y);
      if (RESIDUAL == 1u) { gradient += residual[start + c]; }
      dx[start + c] = gradient;
      if (DROPOUT == 1u) { dropped[start + c] = gradient * mask[start + c]; }
    }
  }
}
