// decode_linear_half: decode_linear with weights in half precision, which are half the bytes of a
// token; everything else is f32. N and K are multiples of 4.
//
//   x → LayerNorm(x)·gamma + beta, row by row        NORM
//   y = x·w, or x·wᵀ with TRANSPOSE                  w [K,N], or [N,K], f16 (to_half)
//   y → y + bias[n]                                  BIAS
//   y → gelu_new(y)                                  GELU
//   y → y + residual[r,n]                            RESIDUAL
//
// x [B,K] (K = C or F), gamma, beta [K], bias [N], residual and out [B,N]; row r belongs to sequence
// rows[r], and a tile whose rows belong to none (decode_compact) is skipped.
// Grid: (N / (8·WG_N), B / TILE_M) rounded up. A thread owns TILE_M (8 or 16) rows and two groups of 4
// columns that lie 4·WG_N apart, in 4×4 blocks as matmul_nn_vec4 does.
// Numerics: w is widened before it is multiplied, so the bits are those of decode_linear with the
// rounded weights: f32; four products are summed in order, then added to the running sum, k ascending.
// The moments of a row are sums of x − x₀ and its square in one pass, x₀ the row's first element, so
// that nothing large cancels. Reference: tests/reference/layernorm.ts, matmul.ts, gelu.ts.

enable f16;

struct Params { B: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read> gamma: array<vec4f>;
@group(0) @binding(4) var<storage, read> beta: array<vec4f>;
@group(0) @binding(5) var<storage, read> w: array<vec4h>;
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

// Mean and 1/√(variance + 1e-5) of four rows.
struct Moments { mean: vec4f, rstd: vec4f }

// Four rows of x by four k, a row a column.
fn block_of_x(at: vec4u, k4: u32) -> mat4x4f {
  return mat4x4f(x[at.x + k4], x[at.y + k4], x[at.z + k4], x[at.w + k4]);
}

fn moments_of(at: vec4u) -> Moments {
  let K4 = params.K / 4u;
  let shift = vec4f(x[at.x].x, x[at.y].x, x[at.z].x, x[at.w].x);
  var sum: vec4f;
  var squares: vec4f;
  for (var k4 = 0u; k4 < K4; k4++) {
    let off = transpose(block_of_x(at, k4)) - mat4x4f(shift, shift, shift, shift);
    sum += (off[0] + off[1]) + (off[2] + off[3]);
    squares += (off[0] * off[0] + off[1] * off[1]) + (off[2] * off[2] + off[3] * off[3]);
  }
  let off = sum / f32(params.K);
  let variance = max(squares / f32(params.K) - off * off, vec4f());
  return Moments(shift + off, 1.0 / sqrt(variance + 1e-5));
}

fn normalised_row(row: vec4f, mean: f32, rstd: f32, g: vec4f, b: vec4f) -> vec4f {
  return (row - mean) * rstd * g + b;
}

fn normalised(tile: mat4x4f, moments: Moments, g: vec4f, b: vec4f) -> mat4x4f {
  let mean = moments.mean;
  let rstd = moments.rstd;
  return mat4x4f(
    normalised_row(tile[0], mean.x, rstd.x, g, b),
    normalised_row(tile[1], mean.y, rstd.y, g, b),
    normalised_row(tile[2], mean.z, rstd.z, g, b),
    normalised_row(tile[3], mean.w, rstd.w, g, b),
  );
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
  let tile = mat4x4f(vec4f(w[at.x]), vec4f(w[at.y]), vec4f(w[at.z]), vec4f(w[at.w]));
  if (TRANSPOSE != 0u) { return transpose(tile); }
  return tile;
}

fn multiply_add(sums: ptr<function, Sums>, tile: mat4x4f, left: mat4x4f, right: mat4x4f) {
  (*sums)[0] += left * tile;
  (*sums)[1] += right * tile;
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
) {
  let K4 = params.K / 4u;
  let row = group.y * TILE_M;
  if (rows[row] != NONE) {
    let n4 = group.x * WG_N * 2u + local.x;
    // Rows past the end read the last one; their sums are not stored.
    let last = vec4u(params.B - 1u);
    let at0 = min(row + vec4u(0u, 1u, 2u, 3u), last) * K4;
    let at1 = min(row + vec4u(4u, 5u, 6u, 7u), last) * K4;
    let at2 = min(row + vec4u(8u, 9u, 10u, 11u), last) * K4;
    let at3 = min(row + vec4u(12u, 13u, 14u, 15u), last) * K4;
    var moments0: Moments;
    var moments1: Moments;
    var moments2: Moments;
    var moments3: Moments;
    if (NORM != 0u) {
      moments0 = moments_of(at0);
      moments1 = moments_of(at1);
      if (TILE_M > 8u) {
        moments2 = moments_of(at2);
        moments3 = moments_of(at3);
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
      var block0 = block_of_x(at0, k4);
      var block1 = block_of_x(at1, k4);
      if (NORM != 0u) {
        let g = gamma[k4];
        let b = beta[k4];
        block0 = normalised(block0, moments0, g, b);
        block1 = normalised(block1, moments1, g, b);
      }
      multiply_add(&sums0, block0, left, right);
      multiply_add(&sums1, block1, left, right);
      if (TILE_M > 8u) {
        var block2 = block_of_x(at2, k4);
        var block3 = block_of_x(at3, k4);
        if (NORM != 0u) {
          let g = gamma[k4];
          let b = beta[k4];
          block2 = normalised(block2, moments2, g, b);
          block3 = normalised(block3, moments3, g, b);
        }
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
