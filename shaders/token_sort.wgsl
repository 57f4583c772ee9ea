// token_sort: the rows of a batch in the order of their token, stable.
//
//   rank(n)  = #{ m : ids[m] < ids[n] } + #{ m < n : ids[m] = ids[n] }
//   sorted[rank(n)] = ids[n],   order[rank(n)] = n
//
// Shapes: ids, sorted, order [N]
// Grid: one thread a row, WG a workgroup. Each reads all ids: N² comparisons, but every thread of a
// workgroup reads the same address at the same time, and nothing is exchanged.
// Numerics: integers; a permutation, so each slot is written exactly once.
// Reference: tests/reference/embedding.ts (tokenSort)

override WG: u32 = 64;

struct Params { N: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read_write> sorted: array<i32>;
@group(0) @binding(3) var<storage, read_write> order: array<i32>;

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let n = id.x;
  if (n < params.N) {
    let token = ids[n];
    var rank = 0u;
    for (var m = 0u; m < n; m++) { rank += u32(ids[m] <= token); }
    for (var m = n + 1u; m < params.N; m++) { rank += u32(ids[m] < token); }
    sorted[rank] = token;
    order[rank] = i32(n);
  }
}
