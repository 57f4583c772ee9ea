// layernorm_backward_vec4: the gradient of LayerNorm by its input, where C is a multiple of 4. Other
// sizes go to layernorm_backward, which computes the same.
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
// Numerics: f32; both means are four strided loops, added up, and one fixed-order tree over pairs.
// Reference: tests/reference/layernorm.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, 32u, WG >= 32u);
override RESIDUAL: u32 = 0;
override DROPOUT: u32 = 0;

struct Params { N: u32, C: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read> weight: array<vec4f>;
@group(0) @binding(4) var<storage, read> stats: array<vec2f>;
@group(0) @binding(5) var<storage, read> residual: array<vec4f>;
@group(0) @binding(6) var<storage, read> mask: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> dropped: array<vec4f>;

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
  let C4 = params.C / 4u;
  let row = (group.y * groups.x + group.x) * (WG / LANES) + thread / LANES;
  let lane = thread % LANES;
  let n = min(row, params.N - 1u);
  let start = n * C4;
  let mu = stats[n].x;
  let r = stats[n].y;

  var sum = vec4f();
  var products = vec4f();
  for (var c = lane; c < C4; c += LANES) {
    let g = dy[start + c] * weight[c];
    sum += g;
    products += g * ((x[start + c] - mu) * r);
  }
  let means = row_sum(vec2f(dot(sum, vec4f(1.0)), dot(products, vec4f(1.0))), thread) / f32(params.C);

  if (row < params.N) {
    for (var c = lane; c < C4; c += LANES) {
      let g = dy[start + c] * weight[c];
      let normalised = (x[start + c] - mu) * r;
      var gradient = r * (g - means.x - normalised * means.y);
      if (RESIDUAL == 1u) { gradient += residual[start + c]; }
      dx[start + c] = gradient;
      if (DROPOUT == 1u) { dropped[start + c] = gradient * mask[start + c]; }
    }
  }
}
