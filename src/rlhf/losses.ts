/** Mean loss of a language model on held-out batches: a forward-only tape. */
import type { Gpu, View } from '../gpu/device';
import { read } from '../gpu/readback';
import { Tape, type Temp } from '../gpu/tape';
import { recordTrunk } from '../nn/gpt';
import { recordLmHead } from '../nn/heads';
import type { LmBatch } from '../nn/trainer';
import type { Weights } from '../nn/weights';

export class LmEvaluator {
  private constructor(
    private readonly gpu: Gpu,
    private readonly N: number,
    private readonly ids: View,
    private readonly targets: View,
    private readonly tape: Tape,
    private readonly logprob: Temp,
  ) {}

  static async make(gpu: Gpu, weights: Weights, B: number, T: number): Promise<LmEvaluator> {
    const ids = gpu.alloc('evaluation ids', B * T * 4);
    const targets = gpu.alloc('evaluation targets', B * T * 4);
    const tape = new Tape(gpu, 'evaluate');
    const trunk = recordTrunk(gpu, tape, weights, ids, B, T);
    const { logprob } = recordLmHead(gpu, tape, weights, trunk, targets);
    tape.keep(logprob);
    const evaluator = new LmEvaluator(gpu, B * T, ids, targets, tape, logprob);
    try {
      await tape.finish();
      return evaluator;
    } catch (cause) {
      evaluator.free();
      throw cause;
    }
  }

  /** Log-probability of each target of a batch [B·T]; 0 where it is −100. */
  async logprobs({ inputIds, targets }: LmBatch): Promise<Float32Array> {
    this.gpu.write(this.ids, inputIds);
    this.gpu.write(this.targets, targets);
    this.tape.run();
    const [bytes] = await read(this.gpu, this.logprob.view!);
    return new Float32Array(bytes!, 0, this.N);
  }

  /** Mean nats a target over all batches. */
  async loss(batches: Iterable<LmBatch>): Promise<number> {
    let sum = 0;
    let count = 0;
    for (const batch of batches) {
      const logprobs = await this.logprobs(batch);
      batch.targets.forEach((target, i) => {
        if (target === -100) return;
        sum -= logprobs[i]!;
        count++;
      });
    }
    return sum / Math.max(1, count);
  }

  free(): void {
    this.tape.free();
    this.gpu.free(this.ids, this.targets);
  }
}
