/**
 * AdamW with global-norm clipping over a whole model, and the moving average of its weights.
 * Loshchilov & Hutter 2019: decoupled decay, bias-corrected moments; the corrections are computed
 * in f64 on the host and written with the learning rate before each step.
 */
import { type Gpu, type View, within } from '../gpu/device';
import { readFloats } from '../gpu/readback';
import type { Slot } from '../gpu/slots';
import type { Tape } from '../gpu/tape';
import { adamw, gradNormPartial } from '../kernels/optimizer';
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

/** Parts of a model's gradients whose squares are summed apart. */
const PARTS = 64;

/** Where the control buffer holds what, in numbers of four bytes. */
const HALTED = 4;
const STEP = 8;

/** A moving average of a model's weights that is kept with its updates. */
export interface Average {
  readonly view: View;
  readonly decay: number;
}

export class AdamW {
  readonly m: Weights;
  readonly v: Weights;
  /** [norm, clip coefficient, 1 if a gradient was not finite, 0] of the latest update. */
  readonly norm: View;
  /** The norm, whether updates are halted, and the values of the next step; see the kernel. */
  private readonly control: View;
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
    this.control = gpu.alloc(`${label} control`, 64);
    this.norm = within(this.control, 0, 16);
    const blocks = new Float32Array(layout.floats / 64);
    for (const tensor of layout.tensors) {
      if (!options.decayAll && !decays(tensor)) continue;
      blocks.fill(1, tensor.offset / 64, tensor.offset / 64 + Math.ceil(tensor.size / 64));
    }
    this.decay = gpu.upload(`${label} decay`, blocks);
  }

  /** Records norm, clipping and the update of all weights. */
  record(tape: Tape): void {
    recordUpdates(tape, [{ optimizer: this }]);
  }

  /** The first half of an update: sums of squares, as parts from `first` on of P. */
  recordNorm(tape: Tape, partial: Slot, first: number, P: number): void {
    tape.dispatch(
      gradNormPartial,
      { N: this.weights.layout.floats, P, FIRST: first, COUNT: PARTS },
      { grads: this.grads.arena, partial },
      workgroup(this.gpu, gradNormPartial),
    );
  }

  /** The second half: clipping, the update and the average, unless it is halted. */
  recordUpdate(tape: Tape, partial: Slot, first: number, P: number, average?: Average): void {
    const N = this.weights.layout.floats;
    const { maxNorm } = this.options;
    const parts = { P, FIRST: first, COUNT: PARTS };
    tape.dispatch(
      adamw,
      { N, BLOCKS: N / 64, ...parts, max_norm: maxNorm, average_decay: average?.decay ?? 0 },
      {
        weights: this.weights.arena,
        grads: this.grads.arena,
        m: this.m.arena,
        v: this.v.arena,
        ...(average ? { average: average.view } : {}),
        decay: this.decay,
        partial,
        control: this.control,
      },
      { ...workgroup(this.gpu, adamw), AVERAGE: average ? 1 : 0 },
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
    this.gpu.write(within(this.control, 4 * STEP, 32), this.staged);
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
    this.gpu.write(within(this.control, 4 * HALTED, 4), Uint32Array.of(1));
  }

  /** Lets updates take hold again. */
  release(): void {
    this.gpu.write(within(this.control, 4 * HALTED, 4), Uint32Array.of(0));
  }

  /** Whether the gradients of the latest step were finite. */
  async wasFinite(): Promise<boolean> {
    const norm = await readFloats(this.gpu, this.norm, 4);
    return norm[2] === 0;
  }

  free(): void {
    this.gpu.free(this.m.arena, this.v.arena, this.control, this.decay);
  }
}

/**
 * Records the updates of models that go together, each two dispatches: none takes hold unless the
 * gradients of all are finite.
 */
export function recordUpdates(
  tape: Tape,
  updates: readonly { readonly optimizer: AdamW; readonly average?: Average }[],
): void {
  const P = PARTS * updates.length;
  const partial = tape.temp('partial norms', 2 * P);
  for (const [at, { optimizer }] of updates.entries()) {
    optimizer.recordNorm(tape, partial, at * PARTS, P);
  }
  for (const [at, { optimizer, average }] of updates.entries()) {
    optimizer.recordUpdate(tape, partial, at * PARTS, P, average);
  }
}
