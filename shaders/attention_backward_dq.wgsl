// attention_backward_dq: the gradient of the queries; writes the q part of dqkv only.
//
//   p_ij = exp(q_i·k_j/√D − lse_i),  ds_ij = p_ij·(dout_i·v_j − dsum_i)
//   dq_i = Σ_{j≤i} ds_ij·k_j/√D
//
// qkv, dqkv [B·T, 3·H·D] with q | k | v in a row; dout [B·T, H·D]; lse, dsum [B, H, T]. D = 4·D4.
// Grid: (T/WG rounded up, H, B), a thread a query.
// With PACKED a row holds several sequences, one behind the other: positions [B·T] is the place of
// each token in its own, and a query sees no key before it.
// Numerics: f32, keys summed in order. Reference: tests/reference/attention.ts.

struct Params { B: u32, T: u32, H: u32, D: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(2) var<storage, read> dout: array<vec4f>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> dsum: array<f32>;
@group(0) @binding(5) var<storage, read_write> dqkv: array<vec4f>;
@group(0) @binding(6) var<storage, read> positions: array<i32>;

const D4: u32 = 4u;
override WG: u32 = 64u;
override PACKED: u32 = 0u;

// The first key that query i sees: 0, or where its own sequence begins.
fn first_key(first_row: u32, i: u32) -> u32 {
  if (PACKED == 0u) { return 0u; }
  return i - u32(positions[first_row + i]);
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let T = params.T;
  let C4 = params.H * D4;
  let i = group.x * WG + local;
  // Threads past the end redo the last query and store nothing.
  let query = min(i, T - 1u);
  let first_row = group.z * T;
  let head = group.y * D4;
  let scale = inverseSqrt(f32(params.D));

  var q: array<vec4f, D4>;
  var g: array<vec4f, D4>;
  var dq: array<vec4f, D4>;
  for (var d = 0u; d < D4; d++) {
    q[d] = qkv[(first_row + query) * 3u * C4 + head + d] * scale;
    g[d] = dout[(first_row + query) * C4 + head + d];
  }
  let stat = (group.z * params.H + group.y) * T + query;
  let row_lse = lse[stat];
  let row_dsum = dsum[stat];
  // Eight neighbouring threads begin and end together, so that their loads stay in step.
  let own = first_key(first_row, query);
  let begin = first_key(first_row, query & ~7u);
  let last = min(query | 7u, T - 1u);
  for (var j = begin; j <= last; j++) {
    let key = (first_row + j) * 3u * C4 + C4 + head;
    var s = 0.0;
    var dp = 0.0;
    for (var d = 0u; d < D4; d++) {
      s += dot(q[d], qkv[key + d]);
      dp += dot(g[d], qkv[key + C4 + d]);
    }
    let p = select(0.0, exp(clamp(s - row_lse, -100.0, 0.0)), j <= query && j >= own);
    let ds = p * (dp - row_dsum) * scale;
    for (var d = 0u; d < D4; d++) {
      dq[d] += ds * qkv[key + d];
    }
  }
  if (i < T) {
    for (var d = 0u; d < D4; d++) {
      dqkv[(first_row + i) * 3u * C4 + head + d] = dq[d];
    }
  }
}
