// matmul_tn_quad: out = aᵀ·b, the weight gradient dw = xᵀ·dy, and with it the bias gradient, with loads
// shared by quads of threads; M, N and K are multiples of 4. The same as matmul_tn_vec4, for devices
// with subgroups.
//
//   out[m,n]  = Σ_k a[k,m]·b[k,n]   (+ out[m,n] with ACCUMULATE)
//   dbias[n]  = Σ_k b[k,n]          (+ dbias[n] with ACCUMULATE)     BIAS
//
// a [K,M], b [K,N], out [M,N], dbias [N]; K is the number of rows B·T.
// Grid: (N / (8·WG_N), M / TILE_M) rounded up. A workgroup is one row of threads, so that all of them
// own the same TILE_M (8 or 16) rows, and each two groups of 4 columns that lie 4·WG_N apart, in
// 4×4 blocks as matmul_nn_vec4 does. The four threads of a quad fetch a part of a each and show it to
// the others: on SwiftShader, where a load costs as much as a dozen products, half of the loads.
// Whole quads: WG_N is a multiple of 4, and so is the device's smallest subgroup.
// The threads of the first rows also write dbias.
// Numerics: f32; four products are summed in order, then added to the running sum, k ascending; what
// was there is added last: the bits of matmul_tn_vec4. Reference: tests/reference/matmul.ts.

enable subgroups;

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dbias: array<vec4f>;

const TILE_M: u32 = 8u;
override WG_N: u32 = 8u;
override ACCUMULATE: u32 = 0u;
override BIAS: u32 = 0u;

// Four rows of out by two groups of 4 columns. Column i of a block is row i of its part of out.
alias Rows = array<mat4x4f, 2>;

// Four columns of a, the rows of out, by four k: each thread of a quad fetches one k of them.
fn shared_by_quad(at: u32) -> mat4x4f {
  let mine = a[at];
  return transpose(mat4x4f(
    quadBroadcast(mine, 0u),
    quadBroadcast(mine, 1u),
    quadBroadcast(mine, 2u),
    quadBroadcast(mine, 3u),
  ));
}

// Four k of b by four columns, from the index of the first vector.
fn block_of_b(at: u32) -> mat4x4f {
  let N4 = params.N / 4u;
  return mat4x4f(b[at], b[at + N4], b[at + 2u * N4], b[at + 3u * N4]);
}

// sum + Σ_k x[k]·b[k], a row of aᵀ·b. Written out: as b * x SwiftShader takes a tenth longer.
fn plus_product(sum: vec4f, x: vec4f, b: mat4x4f) -> vec4f {
  return vec4f(
    b[0].x * x.x + b[1].x * x.y + b[2].x * x.z + b[3].x * x.w + sum.x,
    b[0].y * x.x + b[1].y * x.y + b[2].y * x.z + b[3].y * x.w + sum.y,
    b[0].z * x.x + b[1].z * x.y + b[2].z * x.z + b[3].z * x.w + sum.z,
    b[0].w * x.x + b[1].w * x.y + b[2].w * x.z + b[3].w * x.w + sum.w,
  );
}

fn plus_products(sums: mat4x4f, x: mat4x4f, b: mat4x4f) -> mat4x4f {
  return mat4x4f(
    plus_product(sums[0], x[0], b),
    plus_product(sums[1], x[1], b),
    plus_product(sums[2], x[2], b),
    plus_product(sums[3], x[3], b),
  );
}

fn multiply_add(sums: ptr<function, Rows>, x: mat4x4f, left: mat4x4f, right: mat4x4f) {
  (*sums)[0] = plus_products((*sums)[0], x, left);
  (*sums)[1] = plus_products((*sums)[1], x, right);
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

fn store_rows(m: u32, n4: u32, sums: Rows) {
  var rows = sums;
  for (var i = 0u; i < 4u; i++) {
    store(m + i, n4, rows[0][i]);
    store(m + i, n4 + WG_N, rows[1][i]);
  }
}

// Four column sums of b. In a loop of their own: in that of the products they cost a quarter of its
// speed on SwiftShader.
fn column_sums(n4: u32) -> vec4f {
  var sum: vec4f;
  var at = min(n4, params.N / 4u - 1u);
  for (var k = 0u; k < params.K; k += 4u) {
    let four = block_of_b(at);
    sum += four[0] + four[1] + four[2] + four[3];
    at += params.N;
  }
  return sum;
}

fn store_dbias(n4: u32, sum: vec4f) {
  if (n4 < params.N / 4u) {
    var x = sum;
    if (ACCUMULATE != 0u) { x += dbias[n4]; }
    dbias[n4] = x;
  }
}

@compute @workgroup_size(WG_N)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(subgroup_invocation_id) place: u32,
) {
  let M4 = params.M / 4u;
  let N4 = params.N / 4u;
  let m = group.y * TILE_M;
  let n4 = group.x * WG_N * 2u + local.x;
  // This thread's k of each block of a. Rows and columns past the end read the last one; their sums
  // are not stored.
  let first = vec4u(m / 4u) + vec4u(0u, 1u, 2u, 3u);
  let mine = (place % 4u) * M4;
  var a_at = min(first, vec4u(M4 - 1u)) + mine;
  var left_at = min(n4, N4 - 1u);
  var right_at = min(n4 + WG_N, N4 - 1u);
  var sums0: Rows;
  var sums1: Rows;
  var sums2: Rows;
  var sums3: Rows;
  for (var k = 0u; k < params.K; k += 4u) {
    let left = block_of_b(left_at);
    let right = block_of_b(right_at);
    multiply_add(&sums0, shared_by_quad(a_at.x), left, right);
    multiply_add(&sums1, shared_by_quad(a_at.y), left, right);
    if (TILE_M > 8u) {
      multiply_add(&sums2, shared_by_quad(a_at.z), left, right);
      multiply_add(&sums3, shared_by_quad(a_at.w), left, right);
    }
    a_at += params.M;
    left_at += params.N;
    right_at += params.N;
  }
  store_rows(m, n4, sums0);
  store_rows(m + 4u, n4, sums1);
  if (TILE_M > 8u) {
    store_rows(m + 8u, n4, sums2);
    store_rows(m + 12u, n4, sums3);
  }
  if (BIAS != 0u && m == 0u) {
    store_dbias(n4, column_sums(n4));
    store_dbias(n4 + WG_N, column_sums(n4 + WG_N));
  }
}
