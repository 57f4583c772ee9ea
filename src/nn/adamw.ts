/**
 * AdamW with global-norm clipping over a whole model, and the moving average of its weights.
 * Loshchilov & Hutter 2019: decoupled decay, bias-corrected moments; the corrections are computed
 * in f64 on the host and written with the learning rate before each step.
 */
import type { Gpu, View } from '../gpu/device';
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
  private readonly step: View;
  private readonly decay: View;
  private readonly staged = new Float32Array(8);

  constructor(
    private readonly gpu: Gpu,
    private readonly weights: Weights,
    private readonly grads: Weights,
    readonly options: AdamWOptions,
    label: string,
  ) {
    const { layout } = weights;
    this.m = Weights.zeros(gpu, layout, `${label} m`);
    this.v = Weights.zeros(gpu, layout, `${label} v`);
    this.norm = gpu.alloc(`${label} norm`, 16);
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
      { partial, nonfinite, norm: this.norm },
      workgroup(this.gpu, gradNorm),
    );
    tape.dispatch(
      adamw,
      { N, BLOCKS: N / 64 },
      {
        weights: this.weights.arena,
        grads,
        m: this.m.arena,
        v: this.v.arena,
        decay: this.decay,
        norm: this.norm,
        step: this.step,
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

  free(): void {
    this.gpu.free(this.m.arena, this.v.arena, this.norm, this.step, this.decay);
  }
}

/** Records average ← decay·average + (1 − decay)·weights. */
export function recordEma(gpu: Gpu, tape: Tape, average: Slot, weights: Weights, decay: number) {
  tape.dispatch(
    ema,
    { N: weights.layout.floats, decay },
    { average, weights: weights.arena },
    workgroup(gpu, ema),
  );
}
