// matmul_nn_wide: out = epilogue(a·b), the forward of a linear layer, with a and b read as images and
// 16×16 tiles; N is a multiple of 4, K of 8. The same as matmul_nn_image, for products that fill them.
//
//   x = Σ_k a[m,k]·b[k,n] (+ bias[n])          BIAS
//   x → gelu_new(x), the sum kept in pre        GELU
//   x → x·mask[m,n]                             DROPOUT (mask holds 0 or 1/(1−p))
//   x → x + residual[m,n]                       RESIDUAL
//
// a [M,K] and b [K,N] as images of K/4×M and N/4×K texels; bias [N]; residual, mask, pre and
// out [M,N]. Grid: a band of rows of tiles, columns of tiles, bands. Workgroups run x first, so that
// the columns of b which a band needs stay in a cache until all of its rows have met them.
// A thread owns 16 rows and four groups of 4 columns, which lie 4·WG_N apart. It takes eight k of its
// columns, then row after row of a: what a row needs at a time fits the registers of a core, and a
// sum is touched once for eight products.
// Numerics: f32; four products are summed in order, then added to the running sum, k ascending: the bits
// of matmul_nn_image. Texels past the end read as 0 or as what was there before; their sums are not
// stored. Reference: tests/reference/matmul.ts, gelu.ts.

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var a: texture_storage_2d<rgba32float, read>;
@group(0) @binding(2) var b: texture_storage_2d<rgba32float, read>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read> residual: array<vec4f>;
@group(0) @binding(5) var<storage, read> mask: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> pre: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> out: array<vec4f>;

override WG: u32 = 8u;
override WG_N: u32 = 8u;
override BIAS: u32 = 0u;
override GELU: u32 = 0u;
override DROPOUT: u32 = 0u;
override RESIDUAL: u32 = 0u;

const TILE_M = 16u;

// The sixteen columns of a thread in one row: column g is the g-th group of 4.
alias Row = mat4x4f;
// Four k of them, a group a block.
alias Blocks = array<mat4x4f, 4>;

// Four k of the n4-th group of 4 columns.
fn block_of_b(n4: u32, k: u32) -> mat4x4f {
  return mat4x4f(
    textureLoad(b, vec2u(n4, k)),
    textureLoad(b, vec2u(n4, k + 1u)),
    textureLoad(b, vec2u(n4, k + 2u)),
    textureLoad(b, vec2u(n4, k + 3u)),
  );
}

fn blocks_of_b(n4: u32, k: u32) -> Blocks {
  return Blocks(
    block_of_b(n4, k),
    block_of_b(n4 + WG_N, k),
    block_of_b(n4 + 2u * WG_N, k),
    block_of_b(n4 + 3u * WG_N, k),
  );
}

// Σ x[k]·b[k,n] over four k.
fn product(x: vec4f, blocks: Blocks) -> Row {
  return Row(blocks[0] * x, blocks[1] * x, blocks[2] * x, blocks[3] * x);
}

// A sum with eight k of a row of a, four after the other.
fn added(sum: Row, k4: u32, m: u32, left: Blocks, right: Blocks) -> Row {
  let first = sum + product(textureLoad(a, vec2u(k4, m)), left);
  return first + product(textureLoad(a, vec2u(k4 + 1u, m)), right);
}

// gelu_new(x) = ½x(1 + tanh(u)) = x / (1 + exp(−2u)), u = √(2/π)(x + 0.044715x³).
fn gelu(x: vec4f) -> vec4f {
  let u = 0.7978845608028654 * (x + 0.044715 * x * x * x);
  return x / (1.0 + exp(-2.0 * clamp(u, vec4f(-40.0), vec4f(40.0))));
}

fn store(m: u32, n4: u32, sum: vec4f) {
  let N4 = params.N / 4u;
  if (m < params.M && n4 < N4) {
    let at = m * N4 + n4;
    var x = sum;
    if (BIAS != 0u) { x += bias[n4]; }
    if (GELU != 0u) {
      pre[at] = x;
      x = gelu(x);
    }
    if (DROPOUT != 0u) { x *= mask[at]; }
    if (RESIDUAL != 0u) { x += residual[at]; }
    out[at] = x;
  }
}

fn store_row(m: u32, n4: u32, sums: Row) {
  store(m, n4, sums[0]);
  store(m, n4 + WG_N, sums[1]);
  store(m, n4 + 2u * WG_N, sums[2]);
  store(m, n4 + 3u * WG_N, sums[3]);
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) count: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let tile = (group.z * count.x + group.x) * (WG / WG_N) + thread / WG_N;
  let m = tile * TILE_M;
  if (m >= params.M) { return; }
  let n4 = group.y * WG_N * 4u + thread % WG_N;
  var sums: array<Row, TILE_M>;
  for (var k = 0u; k < params.K; k += 8u) {
    let left = blocks_of_b(n4, k);
    let right = blocks_of_b(n4, k + 4u);
    let k4 = k / 4u;
    for (var i = 0u; i < TILE_M; i++) { // unrolled
      sums[i] = added(sums[i], k4, m + i, left, right);
    }
  }
  for (var i = 0u; i < TILE_M; i++) { // unrolled
    store_row(m + i, n4, sums[i]);
  }
}
