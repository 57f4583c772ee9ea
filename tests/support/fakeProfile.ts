/** A profiled step with round numbers, for looking at the Kernels lens and for its tests. */
import type {
  DispatchProfile,
  KernelSource,
  ProfiledStep,
  StepProfile,
} from '../../src/lab/profile_api';
import type { Feature, TuningStatus } from '../../src/lab/variants';

const row = (
  kernel: string,
  writes: string,
  phase: DispatchProfile['phase'],
  us: number,
  flops = 0,
): DispatchProfile => ({
  kernel,
  writes,
  phase,
  params: { M: 512, N: 192, K: 64 },
  constants: { TILE_M: 8, BIAS: 1 },
  grid: [24, 8, 1],
  us,
  flops,
  read: 196_608,
  written: 393_216,
  gflops: flops / us / 1e3,
  gbps: 589_824 / us / 1e3,
  share: flops > 0 ? 0.62 : 0.31,
  boundBy: flops > 0 ? 'arithmetic' : 'memory',
});

const PRODUCT = 12_582_912;

export const fakeProfile = (step: ProfiledStep): StepProfile => ({
  step,
  adapter: 'Fake adapter',
  method: 'timestamps',
  peak: { gflops: 20, gbps: 10 },
  shape: '8 sequences of 64 tokens',
  dispatches: [
    row('embedding_forward', 'embedded', 'forward', 40),
    row('layernorm_forward', 'h.0.ln_1.out', 'forward', 60),
    row('matmul_nn_vec4', 'h.0.attn.c_attn.out', 'forward', 1000, PRODUCT),
    row('attention_forward', 'attended', 'forward', 400, PRODUCT / 4),
    row('cross_entropy_backward', 'logits', 'backward', 300),
    row('matmul_nt_vec4', 'h.0.attn.c_attn.dx', 'backward', 1100, PRODUCT),
    row('matmul_tn_vec4', '∂ h.0.attn.c_attn.weight', 'backward', 900, PRODUCT),
    row('adamw', 'all tensors', 'optimizer', 200),
  ],
});

export const fakeSource = async (kernel: string): Promise<KernelSource> => ({
  file: `shaders/${kernel}.wgsl`,
  code: `// ${kernel}: out = a·b\noverride WG: u32 = 64;\n\n@compute @workgroup_size(WG)\nfn main() {\n  let n = 3u; // three\n}\n`,
});

const CHOICE = {
  class: 'nn 512×256×64',
  form: 'nn',
  size: { M: 512, N: 192, K: 64 },
  variant: 'matmul_nn_vec4 8·8×8',
  gain: 1.25,
} as const;

export class FakeTuning {
  private measured = false;
  private readonly off = new Set<Feature>(['shader-f16']);
  constructor(private readonly note: (name: string, ...args: unknown[]) => void) {}

  async status(): Promise<TuningStatus> {
    const here = { adapter: 'Fake adapter', browser: 'Fake browser' };
    const tuning = { ...here, measured: 1.79e12, ms: 1400, choices: [CHOICE] };
    const state = (name: Feature) => (this.off.has(name) ? 'off' : 'used');
    const features = {
      subgroups: state('subgroups'),
      images: 'missing',
      'shader-f16': state('shader-f16'),
    } as const;
    return { tuning: this.measured ? tuning : null, run: { ...here, choices: [] }, features };
  }
  tune(anew: boolean): Promise<TuningStatus> {
    this.note('tune', anew);
    this.measured = true;
    return this.status();
  }
  useFeature(name: Feature, on: boolean): Promise<TuningStatus> {
    this.note('useFeature', name, on);
    if (on) this.off.delete(name);
    else this.off.add(name);
    return this.status();
  }
  forget(): Promise<TuningStatus> {
    this.note('forgetTuning');
    this.measured = false;
    return this.status();
  }
}
