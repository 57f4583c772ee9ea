// matmul_nt_wide: out = a·bᵀ, the tied head's logits (b = wte) and dx = dy·wᵀ, with a and b read as
// images and 16×16 tiles; N is a multiple of 4, K of 8. The same as matmul_nt_image, for where
// matmul_nn_wide is used.
//
//   out[m,n] = Σ_k a[m,k]·b[n,k]   (· gelu_new'(pre[m,n]) with GELU_BACKWARD)
//
// a [M,K] and b [N,K] as images of K/4×M and K/4×N texels; pre and out [M,N].
// Grid: a band of rows of tiles, columns of tiles, bands. A thread owns 16 rows and four groups of 4
// columns, which lie 4·WG_N apart, and works as in matmul_nn_wide.
// Numerics: f32; four products are summed in order, then added to the running sum, k ascending: the bits
// of matmul_nt_image. Texels past the end read as 0 or as what was
// there before; their sums are not stored. Reference: tests/reference/matmul.ts, gelu.ts.

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var a: texture_storage_2d<rgba32float, read>;
@group(0) @binding(2) var b: texture_storage_2d<rgba32float, read>;
@group(0) @binding(3) var<storage, read> pre: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;

override WG: u32 = 8u;
override WG_N: u32 = 8u;
override GELU_BACKWARD: u32 = 0u;

const TILE_M = 16u;

// The sixteen columns of a thread in one row: column g is the g-th group of 4.
alias Row = mat4x4f;
// Four k of them, a group a block.
alias Blocks = array<mat4x4f, 4>;

// Four k of the n4-th group of 4 columns, which are rows of b.
fn block_of_b(n4: u32, k4: u32) -> mat4x4f {
  return transpose(mat4x4f(
    textureLoad(b, vec2u(k4, 4u * n4)),
    textureLoad(b, vec2u(k4, 4u * n4 + 1u)),
    textureLoad(b, vec2u(k4, 4u * n4 + 2u)),
    textureLoad(b, vec2u(k4, 4u * n4 + 3u)),
  ));
}

fn blocks_of_b(n4: u32, k4: u32) -> Blocks {
  return Blocks(
    block_of_b(n4, k4),
    block_of_b(n4 + WG_N, k4),
    block_of_b(n4 + 2u * WG_N, k4),
    block_of_b(n4 + 3u * WG_N, k4),
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

// With s = 1/(1 + exp(−2u)) = ½(1 + tanh u): gelu_new'(x) = s + 2x·s(1 − s)·du/dx.
fn gelu_slope(x: vec4f) -> vec4f {
  let u = 0.7978845608028654 * (x + 0.044715 * x * x * x);
  let s = 1.0 / (1.0 + exp(-2.0 * clamp(u, vec4f(-40.0), vec4f(40.0))));
  let du = 0.7978845608028654 * (1.0 + 3.0 * 0.044715 * x * x);
  return s + 2.0 * x * s * (1.0 - s) * du;
}

fn store(m: u32, n4: u32, sum: vec4f) {
  let N4 = params.N / 4u;
  if (m < params.M && n4 < N4) {
    let at = m * N4 + n4;
    var x = sum;
    if (GELU_BACKWARD != 0u) { x *= gelu_slope(pre[at]); }
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
  for (var k4 = 0u; k4 < params.K / 4u; k4 += 2u) {
    let left = blocks_of_b(n4, k4);
    let right = blocks_of_b(n4, k4 + 1u);
    for (var i = 0u; i < TILE_M; i++) { // unrolled
      sums[i] = added(sums[i], k4, m + i, left, right);
    }
  }
  for (var i = 0u; i < TILE_M; i++) { // unrolled
    store_row(m + i, n4, sums[i]);
  }
}
