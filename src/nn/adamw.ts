/**
 * AdamW with global-norm clipping over a whole model, and the moving average of its weights.
 * Loshchilov & Hutter 2019: decoupled decay, bias-corrected moments; the corrections are computed
 * in f64 on the host and written with the learning rate before each step.
 */
import type { Gpu, View } from '../gpu/device';
import { readFloats } from '../gpu/readback';
import type { Slot, Tape } from '../gpu/tape';
import { adamw, ema, gradNorm, gradNormPartial } from '../kernels/optimizer';
import { workgroup } from './choice';
import { decays } from './layout';
import { Weights } from './weights';

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** Largest global norm of the gradients; 0 is off. */
  readonly maxNorm: number;
  /** Decay every tensor, not only matrices and embeddings. */
  readonly decayAll?: boolean;
}

/** The paper's betas, ε 1e-8, clipping at 1. */
export const ADAMW: AdamWOptions = {
  beta1: 0.9,
  beta2: 0.95,
  eps: 1e-8,
  weightDecay: 0,
  maxNorm: 1,
};

const PARTS = 64;

export class AdamW {
  readonly m: Weights;
  readonly v: Weights;
  /** [norm, clip coefficient, 1 if a gradient was not finite, 0]. */
  readonly norm: View;
  /** [1] once a gradient was not finite: no update takes hold from then on. */
  readonly halted: View;
  private readonly ownsHalted: boolean;
  private readonly step: View;
  private readonly decay: View;
  private readonly staged = new Float32Array(8);

  constructor(
    private readonly gpu: Gpu,
    private readonly weights: Weights,
    private readonly grads: Weights,
    readonly options: AdamWOptions,
    label: string,
    /** Shared by models that are updated together: none goes on without the others. */
    halted?: View,
  ) {
    const { layout } = weights;
    this.m = Weights.zeros(gpu, layout, `${label} m`);
    this.v = Weights.zeros(gpu, layout, `${label} v`);
    this.norm = gpu.alloc(`${label} norm`, 16);
    this.ownsHalted = halted === undefined;
    this.halted = halted ?? gpu.alloc(`${label} halted`, 16);
    this.step = gpu.alloc(`${label} step`, 32);
    const blocks = new Float32Array(layout.floats / 64);
    for (const tensor of layout.tensors) {
      if (!options.decayAll && !decays(tensor)) continue;
      blocks.fill(1, tensor.offset / 64, tensor.offset / 64 + Math.ceil(tensor.size / 64));
    }
    this.decay = gpu.upload(`${label} decay`, blocks);
  }

  /** Records norm, clipping and the update of all weights. */
  record(tape: Tape): void {
    this.recordNorm(tape);
    this.recordUpdate(tape);
  }

  /** The first half: the norm, and whether the update may take hold. */
  recordNorm(tape: Tape): void {
    const N = this.weights.layout.floats;
    const partial = tape.temp('partial norms', PARTS);
    const nonfinite = tape.temp('non-finite', PARTS);
    const grads = this.grads.arena;
    tape.dispatch(
      gradNormPartial,
      { N, P: PARTS },
      { grads, partial, nonfinite },
      workgroup(this.gpu, gradNormPartial),
    );
    tape.dispatch(
      gradNorm,
      { P: PARTS, max_norm: this.options.maxNorm },
      { partial, nonfinite, norm: this.norm, halted: this.halted },
      workgroup(this.gpu, gradNorm),
    );
  }

  /** The second half: clipping and the update, if nothing was halted. */
  recordUpdate(tape: Tape): void {
    const N = this.weights.layout.floats;
    tape.dispatch(
      adamw,
      { N, BLOCKS: N / 64 },
      {
        weights: this.weights.arena,
        grads: this.grads.arena,
        m: this.m.arena,
        v: this.v.arena,
        decay: this.decay,
        norm: this.norm,
        step: this.step,
        halted: this.halted,
      },
      workgroup(this.gpu, adamw),
    );
  }

  /** Queues the values of update `t`, counted from 1. Call before the submit. */
  set(t: number, lr: number): void {
    const { beta1, beta2, eps, weightDecay } = this.options;
    this.staged.set([
      lr,
      beta1,
      beta2,
      eps,
      weightDecay,
      1 / (1 - beta1 ** t),
      1 / (1 - beta2 ** t),
      0,
    ]);
    this.gpu.write(this.step, this.staged);
  }

  /**
   * Runs a recorded step with its update held back.
   * @returns whether its gradients are finite
   */
  async tries(tape: Tape): Promise<boolean> {
    this.hold();
    tape.run();
    const finite = await this.wasFinite();
    this.release();
    return finite;
  }

  /** Lets no update take hold. */
  hold(): void {
    this.gpu.write(this.halted, Uint32Array.of(1));
  }

  /** Lets updates take hold again. */
  release(): void {
    this.gpu.write(this.halted, Uint32Array.of(0));
  }

  /** Whether the gradients of the latest step were finite. */
  async wasFinite(): Promise<boolean> {
    const norm = await readFloats(this.gpu, this.norm, 4);
    return norm[2] === 0;
  }

  free(): void {
    if (this.ownsHalted) this.gpu.free(this.halted);
    this.gpu.free(this.m.arena, this.v.arena, this.norm, this.step, this.decay);
  }
}

/** Records average ← decay·average + (1 − decay)·weights, until `halted` is set. */
export function recordEma(
  gpu: Gpu,
  tape: Tape,
  average: Slot,
  weights: Weights,
  decay: number,
  halted?: Slot,
) {
  tape.dispatch(
    ema,
    { N: weights.layout.floats, decay },
    { average, weights: weights.arena, ...(halted ? { halted } : {}) },
    workgroup(gpu, ema),
  );
}
