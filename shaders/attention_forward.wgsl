// attention_forward: causal self-attention with an online softmax (flash attention); nothing of
// size T·T is stored.
//
//   s_ij = q_i·k_j / √D for j ≤ i,  lse_i = log Σ_j exp(s_ij),  out_i = Σ_j exp(s_ij − lse_i)·v_j
//
// qkv [B·T, 3·H·D] with q | k | v in a row, each of them H heads of D; out [B·T, H·D];
// lse [B, H, T]. D = 4·D4. Grid: (T/WG rounded up, H, B), a thread a query.
// With PACKED a row holds several sequences, one behind the other: positions [B·T] is the place of
// each token in its own, and a query sees no key before it.
// Numerics: f32. Keys come in order, four at a time; a running maximum scales what was summed.
// Keys that a query does not see have the score −3.4e38 and the weight 0.
// Reference: tests/reference/attention.ts.

struct Params { B: u32, T: u32, H: u32, D: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> lse: array<f32>;
@group(0) @binding(4) var<storage, read> positions: array<i32>;

const D4: u32 = 4u;
override WG: u32 = 64u;
override PACKED: u32 = 0u;

const MASK = -3.4e38;

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
  var sums: array<vec4f, D4>;
  for (var d = 0u; d < D4; d++) {
    q[d] = qkv[(first_row + query) * 3u * C4 + head + d] * scale;
  }
  var top = MASK;
  var total = 0.0;
  // Eight neighbouring threads begin and end together, so that their loads stay in step.
  let own = first_key(first_row, query);
  let begin = first_key(first_row, query & ~7u) & ~3u;
  let last = min(query | 7u, T - 1u);
  for (var j = begin; j <= last; j += 4u) {
    let keys = vec4u(j, j + 1u, j + 2u, j + 3u);
    let seen = (keys <= vec4u(query)) & (keys >= vec4u(own));
    let rows = (first_row + min(keys, vec4u(T - 1u))) * 3u * C4 + C4 + head;
    var s = vec4f();
    for (var d = 0u; d < D4; d++) {
      s += vec4f(
        dot(q[d], qkv[rows.x + d]),
        dot(q[d], qkv[rows.y + d]),
        dot(q[d], qkv[rows.z + d]),
        dot(q[d], qkv[rows.w + d]),
      );
    }
    s = select(vec4f(MASK), s, seen);
    let new_top = max(max(top, max(s.x, s.y)), max(s.z, s.w));
    let shrink = exp(max(top - new_top, -100.0));
    let p = select(vec4f(), exp(max(s - new_top, vec4f(-100.0))), seen);
    total = total * shrink + ((p.x + p.y) + (p.z + p.w));
    for (var d = 0u; d < D4; d++) {
      sums[d] = sums[d] * shrink
        + p.x * qkv[rows.x + C4 + d]
        + p.y * qkv[rows.y + C4 + d]
        + p.z * qkv[rows.z + C4 + d]
        + p.w * qkv[rows.w + C4 + d];
    }
    top = new_top;
  }
  if (i < T) {
    let share = 1.0 / total;
    for (var d = 0u; d < D4; d++) {
      out[(first_row + i) * C4 + head + d] = sums[d] * share;
    }
    lse[(group.z * params.H + group.y) * T + i] = top + log(total);
  }
}
