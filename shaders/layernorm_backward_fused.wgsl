// layernorm_backward_fused: the gradient of LayerNorm by its input and, on the way, the sums of which
// those by gain and bias are made, for GPUs; x and dy are read from memory once. C is a multiple of 4.
//
//   g = dy·weight,   x̂ = (x − mean)·rstd
//   dx = rstd·(g − mean_c(g) − x̂·mean_c(g·x̂))    (+ residual with RESIDUAL)
//   dropped = dx·mask                              (with DROPOUT)
//   dx[N + 2p] = Σ_n dy·x̂,   dx[N + 2p + 1] = Σ_n dy    over the rows n of run p
//
// `residual` and `dropped` are those of layernorm_backward. Run p of P has ⌈N/P⌉ rows, one after
// another; layernorm_backward_sums adds the runs up. Their sums stand behind dx, since a stage has
// eight buffers.
//
// Shapes: dy, x, residual, mask, dropped [N,C] · dx [ROWS,C], ROWS = N + 2P · weight [C]
// · stats [N,2], mean and rstd
// Grid: LANES threads a run, WG/LANES runs a workgroup, flat over two dimensions. A thread holds its
// SLOTS groups of four channels of a row, and of both sums, in registers.
// Numerics: f32; both means are a loop over the groups of a thread and a fixed-order tree over pairs;
// the rows of a run are added in ascending order.
// Reference: tests/reference/layernorm.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, 32u, WG >= 32u);
override RESIDUAL: u32 = 0;
override DROPOUT: u32 = 0;
// ⌈C/(4·LANES)⌉
const SLOTS: u32 = 1u;

struct Params { N: u32, C: u32, P: u32, ROWS: u32 }

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

// Sum over the LANES threads of a run; each of them gets it.
fn row_sum(value: vec2f, thread: u32) -> vec2f {
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
  let run = (group.y * groups.x + group.x) * (WG / LANES) + thread / LANES;
  let lane = thread % LANES;
  let rows = (params.N + params.P - 1u) / params.P;

  var gains: array<vec4f, SLOTS>;
  var biases: array<vec4f, SLOTS>;
  var normals: array<vec4f, SLOTS>;
  var gradients: array<vec4f, SLOTS>;
  // As many rounds for every thread of a workgroup, since they meet at barriers.
  for (var round = 0u; round < rows; round++) {
    let row = run * rows + round;
    let filled = row < params.N;
    let start = min(row, params.N - 1u) * C4;
    let moments = stats[min(row, params.N - 1u)];

    var sums = vec2f();
    for (var k = 0u; k < SLOTS; k++) {
      let c = lane + k * LANES;
      if (filled && c < C4) {
        let gradient = dy[start + c];
        let normal = (x[start + c] - moments.x) * moments.y;
        let g = gradient * weight[c];
        sums += vec2f(dot(g, vec4f(1.0)), dot(g, normal));
        gains[k] += gradient * normal;
        biases[k] += gradient;
        normals[k] = normal;
        gradients[k] = g;
      }
    }
    let means = row_sum(sums, thread) / f32(params.C);

    for (var k = 0u; k < SLOTS; k++) {
      let c = lane + k * LANES;
      if (filled && c < C4) {
        var gradient = moments.y * (gradients[k] - means.x - normals[k] * means.y);
        if (RESIDUAL == 1u) { gradient += residual[start + c]; }
        dx[start + c] = gradient;
        if (DROPOUT == 1u) { dropped[start + c] = gradient * mask[start + c]; }
      }
    }
  }

  if (run < params.P) {
    let start = (params.N + 2u * run) * C4;
    for (var k = 0u; k < SLOTS; k++) {
      let c = lane + k * LANES;
      if (c < C4) {
        dx[start + c] = gains[k];
        dx[start + C4 + c] = biases[k];
      }
    }
  }
}
