// decode_linear_image: a linear layer for one token of each sequence that still runs, with the
// LayerNorm before it, and x and w read as images; N is a multiple of 4, K of 8. The same as
// decode_linear, for where matmul_nn_wide is used.
//
//   x → LayerNorm(x)·gamma + beta, row by row        NORM
//   y = x·w
//   y → y + bias[n]                                  BIAS
//   y → gelu_new(y)                                  GELU
//   y → y + residual[r,n]                            RESIDUAL
//
// x [B,K] (K = C or F) and w [K,N] as images of K/4×B and N/4×K texels; gamma, beta [K], bias [N],
// residual and out [B,N]; row r belongs to sequence rows[r], and a tile whose rows belong to none
// (decode_compact) is skipped.
// Grid: (N / (16·WG_N), B / (TILE_M·WG/WG_N)) rounded up. A thread owns TILE_M (8 or 16) rows and four
// groups of 4 columns, which lie 4·WG_N apart, and works as in matmul_nn_wide.
// Numerics: f32; four products are summed in order, then added to the running sum, k ascending. The
// moments of a row are sums of x − x₀ and its square in one pass, x₀ the row's first element, so that
// nothing large cancels: the bits of decode_linear. Texels past the end read as 0 or as what was there
// before; their sums are not stored. Reference: tests/reference/layernorm.ts, matmul.ts, gelu.ts.

struct Params { B: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var x: texture_storage_2d<rgba32float, read>;
@group(0) @binding(3) var<storage, read> gamma: array<vec4f>;
@group(0) @binding(4) var<storage, read> beta: array<vec4f>;
@group(0) @binding(5) var w: texture_storage_2d<rgba32float, read>;
@group(0) @binding(6) var<storage, read> bias: array<vec4f>;
@group(0) @binding(7) var<storage, read> residual: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> out: array<vec4f>;

const TILE_M: u32 = 8u;
override WG: u32 = 8u;
override WG_N: u32 = 8u;
override NORM: u32 = 0u;
override BIAS: u32 = 0u;
override GELU: u32 = 0u;
override RESIDUAL: u32 = 0u;

const NONE = 0xffffffffu;

// The sixteen columns of a thread in one row: column g is the g-th group of 4.
alias Row = mat4x4f;
// Four k of them, a group a block.
alias Blocks = array<mat4x4f, 4>;
// Eight of them.
struct Columns { first: Blocks, second: Blocks }

// Four k of the n4-th group of 4 columns.
fn block_of_w(n4: u32, k: u32) -> mat4x4f {
  return mat4x4f(
    textureLoad(w, vec2u(n4, k)),
    textureLoad(w, vec2u(n4, k + 1u)),
    textureLoad(w, vec2u(n4, k + 2u)),
    textureLoad(w, vec2u(n4, k + 3u)),
  );
}

fn blocks_of_w(n4: u32, k: u32) -> Blocks {
  return Blocks(
    block_of_w(n4, k),
    block_of_w(n4 + WG_N, k),
    block_of_w(n4 + 2u * WG_N, k),
    block_of_w(n4 + 3u * WG_N, k),
  );
}

// Eight k of a row of x, of gamma or of beta.
struct Eight { first: vec4f, second: vec4f }

// What a row becomes: (x − mean)·rstd·gamma + beta.
struct Affine { gamma: Eight, beta: Eight }

// Mean and 1/√(variance + 1e-5) of four rows.
struct Moments { mean: vec4f, rstd: vec4f }

// Four rows of x by four k.
fn block_of_x(k4: u32, row: u32) -> mat4x4f {
  return mat4x4f(
    textureLoad(x, vec2u(k4, row)),
    textureLoad(x, vec2u(k4, row + 1u)),
    textureLoad(x, vec2u(k4, row + 2u)),
    textureLoad(x, vec2u(k4, row + 3u)),
  );
}

fn moments_of(row: u32) -> Moments {
  if (NORM == 0u) { return Moments(); }
  let shift = transpose(block_of_x(0u, row))[0];
  var sum: vec4f;
  var squares: vec4f;
  for (var k4 = 0u; k4 < params.K / 4u; k4++) {
    let off = transpose(block_of_x(k4, row)) - mat4x4f(shift, shift, shift, shift);
    sum += (off[0] + off[1]) + (off[2] + off[3]);
    squares += (off[0] * off[0] + off[1] * off[1]) + (off[2] * off[2] + off[3] * off[3]);
  }
  let off = sum / f32(params.K);
  let variance = max(squares / f32(params.K) - off * off, vec4f());
  return Moments(shift + off, 1.0 / sqrt(variance + 1e-5));
}

fn affine_of(k4: u32) -> Affine {
  if (NORM == 0u) { return Affine(); }
  return Affine(Eight(gamma[k4], gamma[k4 + 1u]), Eight(beta[k4], beta[k4 + 1u]));
}

fn eight_of_x(k4: u32, row: u32, mean: f32, rstd: f32, affine: Affine) -> Eight {
  let first = textureLoad(x, vec2u(k4, row));
  let second = textureLoad(x, vec2u(k4 + 1u, row));
  if (NORM == 0u) { return Eight(first, second); }
  return Eight(
    (first - mean) * rstd * affine.gamma.first + affine.beta.first,
    (second - mean) * rstd * affine.gamma.second + affine.beta.second,
  );
}

// Σ x[k]·w[k,n] over four k.
fn product(x: vec4f, blocks: Blocks) -> Row {
  return Row(blocks[0] * x, blocks[1] * x, blocks[2] * x, blocks[3] * x);
}

// A sum with eight k of a row of x, four after the other.
fn added(sum: Row, x: Eight, columns: Columns) -> Row {
  let first = sum + product(x.first, columns.first);
  return first + product(x.second, columns.second);
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

fn store_row(row: u32, n4: u32, sums: Row) {
  store(row, n4, sums[0]);
  store(row, n4 + WG_N, sums[1]);
  store(row, n4 + 2u * WG_N, sums[2]);
  store(row, n4 + 3u * WG_N, sums[3]);
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = (group.y * (WG / WG_N) + thread / WG_N) * TILE_M;
  if (row >= params.B || rows[row] == NONE) { return; }
  let n4 = group.x * WG_N * 4u + thread % WG_N;
  // Four rows each.
  var moments: array<Moments, 4>;
  for (var i = 0u; i < TILE_M / 4u; i++) { // unrolled
    moments[i] = moments_of(row + 4u * i);
  }
  var sums: array<Row, TILE_M>;
  for (var k4 = 0u; k4 < params.K / 4u; k4 += 2u) {
    let columns = Columns(blocks_of_w(n4, 4u * k4), blocks_of_w(n4, 4u * k4 + 4u));
    let affine = affine_of(k4);
    for (var i = 0u; i < TILE_M; i++) { // unrolled
      let mean = moments[i / 4u].mean[i % 4u];
      let rstd = moments[i / 4u].rstd[i % 4u];
      sums[i] = added(sums[i], eight_of_x(k4, row + i, mean, rstd, affine), columns);
    }
  }
  for (var i = 0u; i < TILE_M; i++) { // unrolled
    store_row(row + i, n4, sums[i]);
  }
}
