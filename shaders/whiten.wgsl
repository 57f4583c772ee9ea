// whiten: advantages with mean 0 and variance 1 over all real response tokens of the batch.
//
//   out = (x − mean)/√(variance + 1e-8), population variance; 0 past the end of a response
//
// Shapes: x, out [S,R] · lengths [S,2] (prompt, response)
// Grid: one workgroup of WG threads.
// Numerics: f32 in two passes, the mean and then the squared deviations from it; strided loops and
// fixed-order trees.
// Reference: tests/reference/advantage.ts (whiten)

override WG: u32 = 64;

struct Params { S: u32, R: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> lengths: array<i32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

var<workgroup> partial: array<vec2f, WG>;

// Sum over all threads of the workgroup; each of them gets it.
fn total(value: vec2f, thread: u32) -> vec2f {
  partial[thread] = value;
  for (var stride = WG / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (thread < stride) { partial[thread] += partial[thread + stride]; }
  }
  workgroupBarrier();
  let sum = partial[0];
  workgroupBarrier();
  return sum;
}

fn is_real(i: u32) -> bool { return i % params.R < u32(lengths[2u * (i / params.R) + 1u]); }

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) thread: u32) {
  let size = params.S * params.R;

  var sums = vec2f();
  for (var i = thread; i < size; i += WG) {
    sums += select(vec2f(), vec2f(x[i], 1.0), is_real(i));
  }
  let first = total(sums, thread);
  let count = max(first.y, 1.0);
  let mean = first.x / count;

  var squares = 0.0;
  for (var i = thread; i < size; i += WG) {
    let deviation = x[i] - mean;
    squares += select(0.0, deviation * deviation, is_real(i));
  }
  let variance = total(vec2f(squares, 0.0), thread).x / count;
  let scale = 1.0 / sqrt(variance + 1e-8);

  for (var i = thread; i < size; i += WG) { out[i] = select(0.0, (x[i] - mean) * scale, is_real(i)); }
}
