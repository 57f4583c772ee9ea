// attention_backward_d: the pre-pass of attention's backward.
//
//   dsum_i = Σ_d dout_id·out_id, which equals Σ_j p_ij·(dout_i·v_j)
//
// dout, out [B·T, H·D]; dsum [B, H, T]. D is a multiple of 4.
// Grid: (T/WG rounded up, H, B), a thread a query.
// Numerics: f32, d summed in order, four at a time. Reference: tests/reference/attention.ts.

struct Params { B: u32, T: u32, H: u32, D: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dout: array<vec4f>;
@group(0) @binding(2) var<storage, read> out: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dsum: array<f32>;

override WG: u32 = 64u;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = group.x * WG + local;
  if (i < params.T) {
    let D4 = params.D / 4u;
    let start = ((group.z * params.T + i) * params.H + group.y) * D4;
    var sum = 0.0;
    for (var d = 0u; d < D4; d++) {
      sum += dot(dout[start + d], out[start + d]);
    }
    dsum[(group.z * params.H + group.y) * params.T + i] = sum;
  }
}
