// matmul_nt_quad: out = a·bᵀ, the tied head's logits (b = wte) and dx = dy·wᵀ, with loads shared by
// quads of threads; N and K are multiples of 4. The same as matmul_nt_vec4, for devices with subgroups.
//
//   out[m,n] = Σ_k a[m,k]·b[n,k]   (· gelu_new'(pre[m,n]) with GELU_BACKWARD)
//
// a [M,K], b [N,K], pre and out [M,N].
// Grid: (N / (8·WG_N), M / TILE_M) rounded up. A workgroup is one row of threads, so that all of them
// own the same TILE_M (8 or 16) rows, and each two groups of 4 columns that lie 4·WG_N apart, in
// 4×4 blocks as matmul_nn_vec4 does. The four threads of a quad fetch a part of a each and show it to
// the others: on SwiftShader, where a load costs as much as a dozen products, half of the loads.
// Whole quads: WG_N is a multiple of 4, and so is the device's smallest subgroup.
// Numerics: f32; four products are summed in order, then added to the running sum, k ascending: the
// bits of matmul_nt_vec4. Reference: tests/reference/matmul.ts, gelu.ts.

enable subgroups;

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read> pre: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;

const TILE_M: u32 = 8u;
override WG_N: u32 = 8u;
override GELU_BACKWARD: u32 = 0u;

// Four rows of out by two groups of 4 columns. Column i of a block is row i of its part of out.
alias Rows = array<mat4x4f, 2>;

// Four rows of a by four k: each thread of a quad fetches one row of them.
fn shared_by_quad(at: u32) -> mat4x4f {
  let mine = a[at];
  return mat4x4f(
    quadBroadcast(mine, 0u),
    quadBroadcast(mine, 1u),
    quadBroadcast(mine, 2u),
    quadBroadcast(mine, 3u),
  );
}

// Four k by four rows of b, the columns of out.
fn block_of_b(rows: vec4u, k4: u32) -> mat4x4f {
  return transpose(mat4x4f(b[rows.x + k4], b[rows.y + k4], b[rows.z + k4], b[rows.w + k4]));
}

// sum + Σ_k x[k]·b[k], a row of a·bᵀ. Written out: as b * x SwiftShader takes a tenth longer.
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

fn store_rows(m: u32, n4: u32, sums: Rows) {
  var rows = sums;
  for (var i = 0u; i < 4u; i++) {
    store(m + i, n4, rows[0][i]);
    store(m + i, n4 + WG_N, rows[1][i]);
  }
}

@compute @workgroup_size(WG_N)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(subgroup_invocation_id) place: u32,
) {
  let K4 = params.K / 4u;
  let m = group.y * TILE_M;
  let n4 = group.x * WG_N * 2u + local.x;
  // This thread's row of each block of a. Rows and columns past the end read the last one; their
  // sums are not stored.
  let first = vec4u(m + place % 4u) + vec4u(0u, 4u, 8u, 12u);
  let last_m = vec4u(params.M - 1u);
  let rows = min(first, last_m) * K4;
  let last_n = vec4u(params.N - 1u);
  let left_rows = min(4u * n4 + vec4u(0u, 1u, 2u, 3u), last_n) * K4;
  let right_rows = min(4u * (n4 + WG_N) + vec4u(0u, 1u, 2u, 3u), last_n) * K4;
  var sums0: Rows;
  var sums1: Rows;
  var sums2: Rows;
  var sums3: Rows;
  for (var k4 = 0u; k4 < K4; k4++) {
    let left = block_of_b(left_rows, k4);
    let right = block_of_b(right_rows, k4);
    multiply_add(&sums0, shared_by_quad(rows.x + k4), left, right);
    multiply_add(&sums1, shared_by_quad(rows.y + k4), left, right);
    if (TILE_M > 8u) {
      multiply_add(&sums2, shared_by_quad(rows.z + k4), left, right);
      multiply_add(&sums3, shared_by_quad(rows.w + k4), left, right);
    }
  }
  store_rows(m, n4, sums0);
  store_rows(m + 4u, n4, sums1);
  if (TILE_M > 8u) {
    store_rows(m + 8u, n4, sums2);
    store_rows(m + 12u, n4, sums3);
  }
}
