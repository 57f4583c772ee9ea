// decode_linear_quad: a linear layer for one token of each sequence that still runs, with the LayerNorm
// before it and loads shared by quads of threads; N and K are multiples of 4. The same as
// decode_linear, for devices with subgroups.
//
//   x → LayerNorm(x)·gamma + beta, row by row        NORM
//   y = x·w, or x·wᵀ with TRANSPOSE                  w [K,N], or [N,K]
//   y → y + bias[n]                                  BIAS
//   y → gelu_new(y)                                  GELU
//   y → y + residual[r,n]                            RESIDUAL
//
// x [B,K] (K = C or F), gamma, beta [K], bias [N], residual and out [B,N]; row r belongs to sequence
// rows[r], and a tile whose rows belong to none (decode_compact) is skipped.
// Grid: (N / (8·WG_N), B / TILE_M) rounded up. A thread owns TILE_M (8 or 16) rows and two groups of 4
// columns that lie 4·WG_N apart, in 4×4 blocks. The four threads of a quad fetch a quarter of x each,
// normalise it and show it to the others. Whole quads: WG_N is a multiple of 4.
// Numerics: f32; four products are summed in order, then added to the running sum, k ascending. The
// moments of a row are sums of x − x₀ and its square in one pass, x₀ the row's first element, so that
// nothing large cancels. Reference: tests/reference/layernorm.ts, matmul.ts, gelu.ts.

enable subgroups;

struct Params { B: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read> gamma: array<vec4f>;
@group(0) @binding(4) var<storage, read> beta: array<vec4f>;
@group(0) @binding(5) var<storage, read> w: array<vec4f>;
@group(0) @binding(6) var<storage, read> bias: array<vec4f>;
@group(0) @binding(7) var<storage, read> residual: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> out: array<vec4f>;

const TILE_M: u32 = 8u;
override WG_N: u32 = 8u;
override NORM: u32 = 0u;
override TRANSPOSE: u32 = 0u;
override BIAS: u32 = 0u;
override GELU: u32 = 0u;
override RESIDUAL: u32 = 0u;

const NONE = 0xffffffffu;

// Four rows of out by two groups of 4 columns. Column i of a block is row i of its part of out.
alias Sums = array<mat4x4f, 2>;

// What the four threads of a quad hold, in the order of their places in it.
fn shared_by_quad(mine: vec4f) -> mat4x4f {
  return mat4x4f(
    quadBroadcast(mine, 0u),
    quadBroadcast(mine, 1u),
    quadBroadcast(mine, 2u),
    quadBroadcast(mine, 3u),
  );
}

// Mean and 1/√(variance + 1e-5) of a row.
fn moments_of(at: u32) -> vec2f {
  let K4 = params.K / 4u;
  let shift = x[at].x;
  var sum: vec4f;
  var squares: vec4f;
  for (var k4 = 0u; k4 < K4; k4++) {
    let value = x[at + k4];
    let off = value - shift;
    sum += off;
    squares += off * off;
  }
  let off = dot(sum, vec4f(1.0)) / f32(params.K);
  let variance = max(dot(squares, vec4f(1.0)) / f32(params.K) - off * off, 0.0);
  return vec2f(shift + off, 1.0 / sqrt(variance + 1e-5));
}

// Four k of this thread's row of a block, normalised where that is asked for.
fn mine(at: u32, moments: vec2f, g: vec4f, b: vec4f) -> vec4f {
  let raw = x[at];
  if (NORM != 0u) { return (raw - moments.x) * moments.y * g + b; }
  return raw;
}

// Where a group of four columns, the n4-th, lies in w: the index of four k of each (TRANSPOSE), or of
// four columns of each k. Columns past the end read the last ones; their sums are not stored.
fn columns_at(n4: u32) -> vec4u {
  let N4 = params.N / 4u;
  let last = min(n4, N4 - 1u);
  if (TRANSPOSE != 0u) { return (4u * last + vec4u(0u, 1u, 2u, 3u)) * (params.K / 4u); }
  return last + N4 * vec4u(0u, 1u, 2u, 3u);
}

// Four k by four columns.
fn block_of_w(at: vec4u) -> mat4x4f {
  let tile = mat4x4f(w[at.x], w[at.y], w[at.z], w[at.w]);
  if (TRANSPOSE != 0u) { return transpose(tile); }
  return tile;
}

// sum + Σ_k x[k]·w[k], a row of x·w. Written out: as w * x SwiftShader takes a tenth longer.
fn plus_product(sum: vec4f, x: vec4f, w: mat4x4f) -> vec4f {
  return vec4f(
    w[0].x * x.x + w[1].x * x.y + w[2].x * x.z + w[3].x * x.w + sum.x,
    w[0].y * x.x + w[1].y * x.y + w[2].y * x.z + w[3].y * x.w + sum.y,
    w[0].z * x.x + w[1].z * x.y + w[2].z * x.z + w[3].z * x.w + sum.z,
    w[0].w * x.x + w[1].w * x.y + w[2].w * x.z + w[3].w * x.w + sum.w,
  );
}

fn plus_products(sums: mat4x4f, x: mat4x4f, w: mat4x4f) -> mat4x4f {
  return mat4x4f(
    plus_product(sums[0], x[0], w),
    plus_product(sums[1], x[1], w),
    plus_product(sums[2], x[2], w),
    plus_product(sums[3], x[3], w),
  );
}

fn multiply_add(sums: ptr<function, Sums>, x: mat4x4f, left: mat4x4f, right: mat4x4f) {
  (*sums)[0] = plus_products((*sums)[0], x, left);
  (*sums)[1] = plus_products((*sums)[1], x, right);
}

// gelu_new(x) = ½x(1 + tanh(u)) = x / (1 + exp(−2u)), u = √(2/π)(x + 0.044715x³).
fn gelu(y: vec4f) -> vec4f {
  let u = 0.7978845608028654 * (y + 0.044715 * y * y * y);
  return y / (1.0 + exp(-2.0 * clamp(u, vec4f(-40.0), vec4f(40.0))));
}

fn store(row: u32, n4: u32, sum: vec4f) {
  let N4 = params.N / 4u;
  if (row < params.B && n4 < N4) {
    let at = row * N4 + n4;
    var y = sum;
    if (BIAS != 0u) { y += bias[n4]; }
    if (GELU != 0u) { y = gelu(y); }
    if (RESIDUAL != 0u) { y += residual[at]; }
    out[at] = y;
  }
}

fn store_rows(row: u32, n4: u32, all: Sums) {
  var sums = all;
  for (var i = 0u; i < 4u; i++) {
    store(row + i, n4, sums[0][i]);
    store(row + i, n4 + WG_N, sums[1][i]);
  }
}

@compute @workgroup_size(WG_N)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(subgroup_invocation_id) place: u32,
) {
  let K4 = params.K / 4u;
  let row = group.y * TILE_M;
  if (rows[row] != NONE) {
    let n4 = group.x * WG_N * 2u + local.x;
    // This thread's row of each block. Rows past the end read the last one; their sums are not stored.
    let first = vec4u(row + place % 4u) + vec4u(0u, 4u, 8u, 12u);
    let at = min(first, vec4u(params.B - 1u)) * K4;
    var moments0: vec2f;
    var moments1: vec2f;
    var moments2: vec2f;
    var moments3: vec2f;
    if (NORM != 0u) {
      moments0 = moments_of(at.x);
      moments1 = moments_of(at.y);
      if (TILE_M > 8u) {
        moments2 = moments_of(at.z);
        moments3 = moments_of(at.w);
      }
    }
    var left_at = columns_at(n4);
    var right_at = columns_at(n4 + WG_N);
    let stride = select(params.N, 1u, TRANSPOSE != 0u);
    var sums0: Sums;
    var sums1: Sums;
    var sums2: Sums;
    var sums3: Sums;
    for (var k4 = 0u; k4 < K4; k4++) {
      let left = block_of_w(left_at);
      let right = block_of_w(right_at);
      left_at += stride;
      right_at += stride;
      var g: vec4f;
      var b: vec4f;
      if (NORM != 0u) {
        g = gamma[k4];
        b = beta[k4];
      }
      let block0 = shared_by_quad(mine(at.x + k4, moments0, g, b));
      let block1 = shared_by_quad(mine(at.y + k4, moments1, g, b));
      multiply_add(&sums0, block0, left, right);
      multiply_add(&sums1, block1, left, right);
      if (TILE_M > 8u) {
        let block2 = shared_by_quad(mine(at.z + k4, moments2, g, b));
        let block3 = shared_by_quad(mine(at.w + k4, moments3, g, b));
        multiply_add(&sums2, block2, left, right);
        multiply_add(&sums3, block3, left, right);
      }
    }
    store_rows(row, n4, sums0);
    store_rows(row + 4u, n4, sums1);
    if (TILE_M > 8u) {
      store_rows(row + 8u, n4, sums2);
      store_rows(row + 12u, n4, sums3);
    }
  }
}
