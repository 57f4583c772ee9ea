// embedding_backward: gathers the gradient of each embedding row from the rows of dx that used it.
//
//   dwte[v, c] = Σ_{n : ids[n] = v} dx[n, c]        (+ dwte with ACCUMULATE_WTE)
//   dwpe[t, c] = Σ_{n : position(n) = t} dx[n, c]   (+ dwpe with ACCUMULATE_WPE)
//
// position(n) is n mod T, or with PACKED what sorted_positions and their order say.
//
// Shapes: sorted, order, sorted_positions, position_order [N] (from token_sort) · dx [N,C]
// · dwte [V,C] · dwpe [P,C]
// Grid: LANES threads an embedding row (V of wte, then P of wpe), each with every LANES-th channel;
// WG/LANES rows a workgroup, flat over two dimensions. A token's rows are a run of `sorted`, found by
// bisection: no atomics, no scatter.
// Numerics: f32 sums in ascending order of n, so the same bits every time.
// Reference: tests/reference/embedding.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, 32u, WG >= 32u);
override ACCUMULATE_WTE: u32 = 0;
override ACCUMULATE_WPE: u32 = 0;
override PACKED: u32 = 0;

struct Params { N: u32, T: u32, C: u32, V: u32, P: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sorted: array<i32>;
@group(0) @binding(2) var<storage, read> order: array<i32>;
@group(0) @binding(3) var<storage, read> dx: array<f32>;
@group(0) @binding(4) var<storage, read_write> dwte: array<f32>;
@group(0) @binding(5) var<storage, read_write> dwpe: array<f32>;
@group(0) @binding(6) var<storage, read> sorted_positions: array<i32>;
@group(0) @binding(7) var<storage, read> position_order: array<i32>;

// The first slot of a sorted list, of tokens or of positions, that is not below `key`.
fn lower_bound(key: i32, by_position: bool) -> u32 {
  var low = 0u;
  var high = params.N;
  while (low < high) {
    let middle = (low + high) / 2u;
    var there = sorted[middle];
    if (PACKED == 1u && by_position) { there = sorted_positions[middle]; }
    if (there < key) { low = middle + 1u; } else { high = middle; }
  }
  return low;
}

// The sum of one channel over the rows that hold a token or stand at a position.
fn gathered(first: u32, end: u32, by_position: bool, c: u32) -> f32 {
  var sum = 0.0;
  for (var i = first; i < end; i++) {
    var n = order[i];
    if (PACKED == 1u && by_position) { n = position_order[i]; }
    sum += dx[u32(n) * params.C + c];
  }
  return sum;
}

fn token_row(v: u32, lane: u32) {
  let C = params.C;
  let first = lower_bound(i32(v), false);
  let end = lower_bound(i32(v) + 1, false);
  for (var c = lane; c < C; c += LANES) {
    var sum = gathered(first, end, false, c);
    if (ACCUMULATE_WTE == 1u) { sum += dwte[v * C + c]; }
    dwte[v * C + c] = sum;
  }
}

fn position_row(t: u32, lane: u32) {
  let C = params.C;
  var first = 0u;
  var end = 0u;
  if (PACKED == 1u) {
    first = lower_bound(i32(t), true);
    end = lower_bound(i32(t) + 1, true);
  }
  for (var c = lane; c < C; c += LANES) {
    var sum = gathered(first, end, true, c);
    if (PACKED == 0u && t < params.T) {
      for (var n = t; n < params.N; n += params.T) { sum += dx[n * C + c]; }
    }
    if (ACCUMULATE_WPE == 1u) { sum += dwpe[t * C + c]; }
    dwpe[t * C + c] = sum;
  }
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = (group.y * groups.x + group.x) * (WG / LANES) + thread / LANES;
  let lane = thread % LANES;
  if (row < params.V) {
    token_row(row, lane);
  } else if (row < params.V + params.P) {
    position_row(row - params.V, lane);
  }
}
