/** Mean loss of a language model on held-out batches: forward only, without what follows a row's last target. */
import type { Gpu, View } from '../gpu/device';
import { read } from '../gpu/readback';
import type { Temp } from '../gpu/slots';
import { recordTrunk } from '../nn/gpt';
import { recordLmHead } from '../nn/heads';
import { lay, layPositions, lengthsOf, packRows, rowCounts, unlay } from '../nn/packed_rows';
import { SizedTapes } from '../nn/sized_tapes';
import type { LmBatch } from '../nn/trainer';
import type { Weights } from '../nn/weights';

export class LmEvaluator {
  private constructor(
    private readonly gpu: Gpu,
    private readonly T: number,
    private readonly views: Readonly<Record<'ids' | 'targets' | 'positions', View>>,
    /** Each gives the log-probabilities of its targets. */
    private readonly tapes: SizedTapes<Temp>,
  ) {}

  static async make(gpu: Gpu, weights: Weights, B: number, T: number): Promise<LmEvaluator> {
    const views = {
      ids: gpu.alloc('evaluation ids', B * T * 4),
      targets: gpu.alloc('evaluation targets', B * T * 4),
      positions: gpu.alloc('evaluation positions', B * T * 4),
    };
    const { ids, targets, positions } = views;
    const tapes = new SizedTapes<Temp>(gpu, 'evaluate');
    const evaluator = new LmEvaluator(gpu, T, views, tapes);
    try {
      await tapes.record(rowCounts(B), (tape, rows) => {
        const trunk = recordTrunk(gpu, tape, weights, ids, rows, T, { positions });
        const { logprob } = recordLmHead(gpu, tape, weights, trunk, targets);
        tape.keep(logprob);
        return logprob;
      });
      return evaluator;
    } catch (cause) {
      evaluator.free();
      throw cause;
    }
  }

  /** Log-probability of each target of a batch [B·T]; 0 where it is −100. */
  async logprobs({ inputIds, targets }: LmBatch): Promise<Float32Array> {
    const { gpu, T, views } = this;
    const rows = packRows(lengthsOf(targets, T), T);
    const { tape, rows: held, given: logprob } = this.tapes.holding(rows.rows);
    const packed = {
      ids: new Int32Array(held * T),
      targets: new Int32Array(held * T).fill(-100),
      positions: new Int32Array(held * T),
    };
    lay(rows, inputIds, packed.ids);
    lay(rows, targets, packed.targets);
    layPositions(rows, packed.positions);
    for (const name of ['ids', 'targets', 'positions'] as const) {
      gpu.write(views[name], packed[name]);
    }
    tape.run();
    const [bytes] = await read(gpu, logprob.view!);
    return unlay(rows, new Float32Array(bytes!), 1, 0);
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
    this.tapes.free();
    this.gpu.free(...Object.values(this.views));
  }
}
