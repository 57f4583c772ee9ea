// sample_token: draws the next token of each sequence that still runs, appends it and advances.
//
//   z = logits/temperature,   token ~ softmax(z) over the kept tokens,   logprob = z[token] − lse(z)
//   kept: the top_k largest logits (0: all), then each token for which those strictly more likely hold
//   less than top_p of the mass (1: all); ties stay together. Temperature 0 keeps the largest logit
//   only, takes its lowest token, and has z = logits.
//   The draw is the first kept token, in token order, whose cumulative mass exceeds u·(kept mass);
//   u = (word 0 of Philox(counter, key) >> 8)·2⁻²⁴, counter = (step[2] + b, pos[b] + 1, 0, 0),
//   key = (step[0], step[1]).
//
// With b = rows[r] the sequence of a row of logits (decode_compact) and p = pos[b] + 1:
//   tokens[b, p] = token,   pos[b] = p,   logprobs[b, length[b]] = logprob,   length[b] + 1
//   done[b] = 1 on end-of-text (with stop_at_eot), at length R or at p = T − 1
// A done sequence stands still, and a row of none costs nothing.
//
// Shapes: rows [B] · logits [B, V rounded up to a multiple of 4] · step [4] · tokens [B,T] · pos, done,
// length [B] · logprobs [B,R]
// Grid: LANES threads a row, WG/LANES rows a workgroup; in a small workgroup (a software adapter) one
// thread a row.
// Numerics: f32, z shifted by its maximum. Lanes own contiguous segments of the vocabulary; segment
// sums are added in lane order. Both cuts are thresholds on the logits' bits as ordered integers,
// found bit by bit (32 exact counts or masses), so that no sort is needed.
// Reference: tests/reference/sampling.ts, philox.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, 32u, WG >= 32u);

const NONE = 0xffffffffu;

struct Params {
  B: u32, V: u32, T: u32, R: u32,
  temperature: f32, top_k: u32, top_p: f32, eot: i32, stop_at_eot: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read> logits: array<f32>;
@group(0) @binding(3) var<storage, read> step: array<u32>;
@group(0) @binding(4) var<storage, read_write> tokens: array<i32>;
@group(0) @binding(5) var<storage, read_write> pos: array<u32>;
@group(0) @binding(6) var<storage, read_write> done: array<u32>;
@group(0) @binding(7) var<storage, read_write> length: array<u32>;
@group(0) @binding(8) var<storage, read_write> logprobs: array<f32>;

var<workgroup> partial: array<f32, WG>;

// Maximum over the LANES threads of a sequence; each of them gets it.
fn row_max(value: f32, thread: u32) -> f32 {
  if (LANES == 1u) { return value; }
  partial[thread] = value;
  workgroupBarrier();
  var largest = value;
  let first = thread - thread % LANES;
  for (var lane = 0u; lane < LANES; lane++) { largest = max(largest, partial[first + lane]); }
  workgroupBarrier();
  return largest;
}

// Sum over the lanes before this one (x) and over all lanes (y), in lane order.
fn row_prefix(value: f32, thread: u32) -> vec2f {
  if (LANES == 1u) { return vec2f(0.0, value); }
  partial[thread] = value;
  workgroupBarrier();
  var before = 0.0;
  var total = 0.0;
  let first = thread - thread % LANES;
  for (var lane = 0u; lane < LANES; lane++) {
    if (first + lane == thread) { before = total; }
    total += partial[first + lane];
  }
  workgroupBarrier();
  return vec2f(before, total);
}

// A logit's bits as an integer with the same order; −0 and 0 are one.
fn ordered(logit: f32) -> u32 {
  let bits = bitcast<u32>(select(logit, 0.0, logit == 0.0));
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

// What one lane sees of its sequence.
struct Segment { start: u32, end: u32, largest: f32, inv_temperature: f32 }

fn mass(logit: f32, s: Segment) -> f32 { return exp((logit - s.largest) * s.inv_temperature); }

// The largest threshold that still leaves `goal` tokens, or `goal` of the mass above `floor`.
fn threshold(goal: f32, by_mass: bool, floor: u32, s: Segment, thread: u32) -> u32 {
  var found = 0u;
  for (var bit = 0x80000000u; bit > 0u; bit >>= 1u) {
    let trial = max(found | bit, floor);
    var sum = 0.0;
    for (var i = s.start; i < s.end; i++) {
      let weight = select(1.0, mass(logits[i], s), by_mass);
      sum += select(0.0, weight, ordered(logits[i]) >= trial);
    }
    found |= select(0u, bit, row_prefix(sum, thread).y >= goal);
  }
  return max(min(found, ordered(s.largest)), floor);
}

// The mass of a lane's tokens: of all (x), and of those not below `floor` (y).
fn masses(floor: u32, s: Segment) -> vec2f {
  var sums = vec2f();
  for (var i = s.start; i < s.end; i++) {
    let weight = mass(logits[i], s);
    sums += vec2f(weight, select(0.0, weight, ordered(logits[i]) >= floor));
  }
  return sums;
}

// The high 32 bits of a·b, from four 16-bit products.
fn multiply_high(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let carry = ((a0 * b0) >> 16u) + ((a0 * b1) & 0xffffu) + ((a1 * b0) & 0xffffu);
  return a1 * b1 + ((a0 * b1) >> 16u) + ((a1 * b0) >> 16u) + (carry >> 16u);
}

fn philox(counter: vec4u, seed: vec2u) -> vec4u {
  const M0 = 0xd2511f53u;
  const M1 = 0xcd9e8d57u;
  var c = counter;
  var key = seed;
  for (var round = 0u; round < 10u; round++) {
    c = vec4u(
      multiply_high(M1, c.z) ^ c.y ^ key.x, M1 * c.z,
      multiply_high(M0, c.x) ^ c.w ^ key.y, M0 * c.x,
    );
    key += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let V = params.V;
  let stride = (V + 3u) / 4u * 4u;
  let row = group.x * (WG / LANES) + thread / LANES;
  let lane = thread % LANES;
  let at = min(row, params.B - 1u);
  let listed = row < params.B && rows[at] != NONE;
  let b = select(0u, rows[at], listed);
  let p = pos[b] + 1u;
  let n = length[b];
  let running = listed && done[b] == 0u && p < params.T && n < params.R;

  let greedy = params.temperature == 0.0;
  let size = (V + LANES - 1u) / LANES;
  var s: Segment;
  s.start = at * stride + min(lane * size, V);
  s.end = select(s.start, at * stride + min((lane + 1u) * size, V), running);
  s.inv_temperature = select(1.0 / params.temperature, 1.0, greedy);
  s.largest = -3.4e38;
  for (var i = s.start; i < s.end; i++) { s.largest = max(s.largest, logits[i]); }
  s.largest = row_max(s.largest, thread);

  var floor = select(0u, ordered(s.largest), greedy);
  if (params.top_k > 0u && params.top_k < V) {
    floor = threshold(f32(params.top_k), false, floor, s, thread);
  }
  if (params.top_p < 1.0) {
    let kept = row_prefix(masses(floor, s).y, thread).y;
    floor = threshold(params.top_p * kept, true, floor, s, thread);
  }

  let sums = masses(floor, s);
  let all = row_prefix(sums.x, thread).y;
  let kept = row_prefix(sums.y, thread);
  let word = philox(vec4u(step[2] + b, p, 0u, 0u), vec2u(step[0], step[1])).x;
  let u = select(f32(word >> 8u) * 0x1p-24, 0.0, greedy);
  // Below the whole mass (of a row of none, any) even where u·mass rounds up, so that exactly one lane
  // owns the draw.
  let whole = select(1.0, kept.y, running);
  let draw = min(u * whole, bitcast<f32>(bitcast<u32>(whole) - 1u));

  if (running && draw >= kept.x && draw < kept.x + sums.y) {
    var token = 0u;
    var cumulative = kept.x;
    for (var i = s.start; i < s.end && cumulative <= draw; i++) {
      if (ordered(logits[i]) >= floor) {
        cumulative += mass(logits[i], s);
        token = i - at * stride;
      }
    }
    tokens[b * params.T + p] = i32(token);
    pos[b] = p;
    length[b] = n + 1u;
    let z = (logits[at * stride + token] - s.largest) * s.inv_temperature;
    logprobs[b * params.R + n] = z - log(all);
    let ended = params.stop_at_eot == 1u && i32(token) == params.eot;
    done[b] = u32(ended || n + 1u == params.R || p + 1u == params.T);
  }
}
