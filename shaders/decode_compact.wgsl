// decode_compact: lists the sequences that still run, so that a token costs only what they need.
//
//   rows[i] = the i-th sequence b, in order, with done[b] = 0;  0xffffffff past the last of them
//
// Row i of everything that is decoded belongs to sequence rows[i]; rows that belong to none are skipped.
//
// Shapes: done [B] · rows [B]
// Grid: one workgroup; a thread places a run of ⌈B/WG⌉ neighbours, and counts those before them.
// Numerics: integers.
// Reference: the filter in the test

override WG: u32 = 64;

const NONE = 0xffffffffu;

struct Params { B: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> done: array<u32>;
@group(0) @binding(2) var<storage, read_write> rows: array<u32>;

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) thread: u32) {
  let B = params.B;
  let size = (B + WG - 1u) / WG;
  let start = min(thread * size, B);
  let end = min(start + size, B);
  var at = 0u;
  var running = 0u;
  for (var b = 0u; b < B; b++) {
    let one = select(0u, 1u, done[b] == 0u);
    running += one;
    at += select(0u, one, b < start);
  }
  for (var b = start; b < end; b++) {
    if (done[b] == 0u) {
      rows[at] = b;
      at++;
    }
  }
  for (var i = max(start, running); i < end; i++) { rows[i] = NONE; }
}
