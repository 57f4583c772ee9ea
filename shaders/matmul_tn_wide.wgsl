// matmul_tn_wide: out = aᵀ·b, the weight gradient dw = xᵀ·dy, and with it the bias gradient, with a
// and b read as images and 16×16 tiles; M and N are multiples of 4, K of 8. The same as
// matmul_tn_image, for where matmul_nn_wide is used.
//
//   out[m,n]  = Σ_k a[k,m]·b[k,n]   (+ out[m,n] with ACCUMULATE)
//   dbias[n]  = Σ_k b[k,n]          (+ dbias[n] with ACCUMULATE)     BIAS
//
// a [K,M] and b [K,N] as images of M/4×K and N/4×K texels; out [M,N], dbias [N]; K is the number of
// rows B·T. Grid: a band of rows of tiles, columns of tiles, bands. A thread owns 16 rows and four
// groups of 4 columns, which lie 4·WG_N apart, and works as in matmul_nn_wide; the threads of the
// first rows also write dbias.
// Numerics: f32; four products are summed in order, then added to the running sum, k ascending: the bits
// of matmul_tn_image, and what was there is added last. Texels past the end read as 0 or as what was
// there before; their sums are not stored. Reference: tests/reference/matmul.ts.

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var a: texture_storage_2d<rgba32float, read>;
@group(0) @binding(2) var b: texture_storage_2d<rgba32float, read>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dbias: array<vec4f>;

override WG: u32 = 8u;
override WG_N: u32 = 8u;
override ACCUMULATE: u32 = 0u;
override BIAS: u32 = 0u;

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

// Eight k of four columns of a, which are rows of out: the first four k, and the other four.
struct Block { left: mat4x4f, right: mat4x4f }

fn block_of_a(m4: u32, k: u32) -> Block {
  return Block(
    transpose(mat4x4f(
      textureLoad(a, vec2u(m4, k)),
      textureLoad(a, vec2u(m4, k + 1u)),
      textureLoad(a, vec2u(m4, k + 2u)),
      textureLoad(a, vec2u(m4, k + 3u)),
    )),
    transpose(mat4x4f(
      textureLoad(a, vec2u(m4, k + 4u)),
      textureLoad(a, vec2u(m4, k + 5u)),
      textureLoad(a, vec2u(m4, k + 6u)),
      textureLoad(a, vec2u(m4, k + 7u)),
    )),
  );
}

// Σ x[k]·b[k,n] over four k.
fn product(x: vec4f, blocks: Blocks) -> Row {
  return Row(blocks[0] * x, blocks[1] * x, blocks[2] * x, blocks[3] * x);
}

// A sum with eight k of a row of out, four after the other.
fn added(sum: Row, x: vec4f, y: vec4f, left: Blocks, right: Blocks) -> Row {
  return sum + product(x, left) + product(y, right);
}

fn store(m: u32, n4: u32, sum: vec4f) {
  let N4 = params.N / 4u;
  if (m < params.M && n4 < N4) {
    let at = m * N4 + n4;
    var x = sum;
    if (ACCUMULATE != 0u) { x += out[at]; }
    out[at] = x;
  }
}

fn store_row(m: u32, n4: u32, sums: Row) {
  store(m, n4, sums[0]);
  store(m, n4 + WG_N, sums[1]);
  store(m, n4 + 2u * WG_N, sums[2]);
  store(m, n4 + 3u * WG_N, sums[3]);
}

fn store_dbias(n4: u32, sum: vec4f) {
  if (n4 < params.N / 4u) {
    var x = sum;
    if (ACCUMULATE != 0u) { x += dbias[n4]; }
    dbias[n4] = x;
  }
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
  let sums_columns = BIAS != 0u && m == 0u;
  var sums: array<Row, TILE_M>;
  var columns: Row;
  for (var k = 0u; k < params.K; k += 8u) {
    let left = blocks_of_b(n4, k);
    let right = blocks_of_b(n4, k + 4u);
    if (sums_columns) {
      columns += product(vec4f(1.0), left);
      columns += product(vec4f(1.0), right);
    }
    for (var m4 = 0u; m4 < TILE_M / 4u; m4++) { // unrolled
      let four = block_of_a(m / 4u + m4, k);
      for (var i = 0u; i < 4u; i++) { // unrolled
        sums[4u * m4 + i] = added(sums[4u * m4 + i], four.left[i], four.right[i], left, right);
      }
    }
  }
  for (var i = 0u; i < TILE_M; i++) { // unrolled
    store_row(m + i, n4, sums[i]);
  }
  if (sums_columns) {
    store_dbias(n4, columns[0]);
    store_dbias(n4 + WG_N, columns[1]);
    store_dbias(n4 + 2u * WG_N, columns[2]);
    store_dbias(n4 + 3u * WG_N, columns[3]);
  }
}
