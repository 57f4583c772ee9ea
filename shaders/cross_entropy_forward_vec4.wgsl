// cross_entropy_forward_vec4: the log-probability of each row's target, and the row's entropy, as
// cross_entropy_forward computes them, of rows that begin at multiples of four numbers.
//
//   z = logits·inv_temperature,   lse = log Σ_v exp(z_v),   logprob = z[target] − lse
//   entropy = −Σ_v p_v·log p_v with p = exp(z − lse)
//
// Rows with target −100 get logprob and entropy 0; their lse is computed all the same. Whatever stands
// behind the V logits of a row is left out.
//
// Shapes: logits [N, V rounded up to a multiple of 4] · targets, logprob, lse, entropy [N]
// Grid: LANES threads a row, WG/LANES rows a workgroup, flat over two dimensions. A small workgroup
// (a software adapter) gives each row one thread and never waits at a barrier.
// Numerics: f32, one pass over the logits, four at a time. A thread sums e = exp(z − top) and
// e·(z − top), where top is the largest z it has met (from a finite −3.4e38), and shifts both sums when
// it meets a larger one; then a fixed-order tree. entropy = log S − Σ e·(z − top)/S with S = Σ e.
// Reference: tests/reference/crossEntropy.ts

override WG: u32 = 64;
override LANES: u32 = select(1u, 32u, WG >= 32u);

const IGNORE = -100;
const LOWEST = -3.4e38;

struct Params { N: u32, V: u32, inv_temperature: f32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<vec4f>;
@group(0) @binding(2) var<storage, read> targets: array<i32>;
@group(0) @binding(3) var<storage, read_write> logprob: array<f32>;
@group(0) @binding(4) var<storage, read_write> lse: array<f32>;
@group(0) @binding(5) var<storage, read_write> entropy: array<f32>;

var<workgroup> partial: array<vec2f, WG>;

// Maximum over the LANES threads of a row; each of them gets it.
fn row_max(value: f32, thread: u32) -> f32 {
  if (LANES == 1u) { return value; }
  let lane = thread % LANES;
  partial[thread].x = value;
  for (var stride = LANES / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (lane < stride) { partial[thread].x = max(partial[thread].x, partial[thread + stride].x); }
  }
  workgroupBarrier();
  let largest = partial[thread - lane].x;
  workgroupBarrier();
  return largest;
}

// Sum over the LANES threads of a row; lane 0 gets it.
fn row_sum(value: vec2f, thread: u32) -> vec2f {
  if (LANES == 1u) { return value; }
  partial[thread] = value;
  for (var stride = LANES / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (thread % LANES < stride) { partial[thread] += partial[thread + stride]; }
  }
  return partial[thread];
}

// Σ e and Σ e·z when every z moves by `shift` ≤ 0.
fn shifted(sums: vec2f, shift: f32) -> vec2f {
  let change = max(shift, -1e4);
  return exp(change) * vec2f(sums.x, sums.y + change * sums.x);
}

// log(x) as log(2ᵉ·m) = e·log 2 + 2·artanh((m − 1)/(m + 1)), by its series to the last digit: WGSL's own
// may be off by 5e-7. What is no finite sum stays what log makes of it.
fn log_of(x: f32) -> f32 {
  if (!(x >= 1.0 && x < 1e38)) { return log(x); }
  let bits = bitcast<u32>(x);
  let mantissa = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u);
  let is_large = mantissa > 1.4142135;
  let m = select(mantissa, 0.5 * mantissa, is_large);
  let e = f32(bits >> 23u) - select(127.0, 126.0, is_large);
  let s = (m - 1.0) / (m + 1.0);
  let q = s * s;
  let series = 1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q / 9.0)));
  return e * 0.6931472 + 2.0 * s * series;
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let V4 = (params.V + 3u) / 4u;
  let row = (group.y * groups.x + group.x) * (WG / LANES) + thread / LANES;
  let lane = thread % LANES;
  let start = min(row, params.N - 1u) * V4;

  var own = LOWEST;
  var sums = vec2f();
  for (var v = lane; v < V4; v += LANES) {
    let is_logit = 4u * v + vec4u(0u, 1u, 2u, 3u) < vec4u(params.V);
    let z = select(vec4f(LOWEST), logits[start + v] * params.inv_temperature, is_logit);
    let most = max(max(z.x, z.y), max(z.z, z.w));
    if (most > own) {
      sums = shifted(sums, own - most);
      own = most;
    }
    let off = select(vec4f(), z - own, is_logit);
    let e = select(vec4f(), exp(off), is_logit);
    sums += vec2f(dot(e, vec4f(1.0)), dot(e, off));
  }
  let largest = row_max(own, thread);
  let total = row_sum(shifted(sums, own - largest), thread);

  if (row < params.N && lane == 0u) {
    let log_sum = log_of(total.x);
    let label = targets[row];
    lse[row] = largest + log_sum;
    logprob[row] = 0.0;
    entropy[row] = 0.0;
    if (label != IGNORE) {
      entropy[row] = log_sum - total.y / total.x;
      let logit = logits[start + u32(label) / 4u][u32(label) % 4u];
      logprob[row] = logit * params.inv_temperature - largest - log_sum;
    }
  }
}
