// top_tokens: the K largest logits of each row and whose they are, largest first.
//
//   ids[n, k], values[n, k] = the k-th largest of logits[n, ·]; of equal ones the lowest id first
//
// Shapes: logits [N,V] · ids, values [N,K], K at most V
// Grid: LANES threads a row, WG/LANES rows a workgroup, flat over two dimensions. A small workgroup
// (a software adapter) gives each row one thread and never waits at a barrier.
// Numerics: exact, nothing is computed. K passes over a row: each takes the first entry, in the order
// above, that comes after the last one taken.
// Reference: a sort in the test.

override WG: u32 = 64;
override LANES: u32 = select(1u, 32u, WG >= 32u);

struct Params { N: u32, V: u32, K: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read_write> ids: array<i32>;
@group(0) @binding(3) var<storage, read_write> values: array<f32>;

struct Entry { value: f32, id: u32 }

var<workgroup> best: array<Entry, WG>;

const NONE = Entry(-3.4e38, 0xffffffffu);

// Whether a stands before b: the larger value, or the lower id of the same value.
fn before(a: Entry, b: Entry) -> bool {
  return a.value > b.value || (a.value == b.value && a.id < b.id);
}

// The first entry among the LANES threads of a row; each of them gets it.
fn row_first(own: Entry, thread: u32) -> Entry {
  if (LANES == 1u) { return own; }
  let lane = thread % LANES;
  best[thread] = own;
  for (var stride = LANES / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (lane < stride && before(best[thread + stride], best[thread])) {
      best[thread] = best[thread + stride];
    }
  }
  workgroupBarrier();
  let first = best[thread - lane];
  workgroupBarrier();
  return first;
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let V = params.V;
  let row = (group.y * groups.x + group.x) * (WG / LANES) + thread / LANES;
  let lane = thread % LANES;
  let start = min(row, params.N - 1u) * V;

  var taken = NONE;
  for (var k = 0u; k < params.K; k++) {
    var own = NONE;
    for (var v = lane; v < V; v += LANES) {
      let entry = Entry(logits[start + v], v);
      if ((k == 0u || before(taken, entry)) && before(entry, own)) { own = entry; }
    }
    taken = row_first(own, thread);
    if (row < params.N && lane == 0u) {
      ids[row * params.K + k] = i32(taken.id);
      values[row * params.K + k] = taken.value;
    }
  }
}
