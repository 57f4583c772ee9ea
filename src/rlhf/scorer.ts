/**
 * Rewards of texts by a reward model, its accuracy against labelers, and the normalising shift.
 */
import type { Gpu, View } from '../gpu/device';
import { read } from '../gpu/readback';
import type { Temp } from '../gpu/slots';
import { recordTrunk } from '../nn/gpt';
import { recordScores } from '../nn/heads';
import { type Layout, namedTensors } from '../nn/layout';
import { layPositions, packRows, rowCounts } from '../nn/packed_rows';
import { SizedTapes } from '../nn/sized_tapes';
import type { Weights } from '../nn/weights';
import { orderedPairs } from '../text/datasets/comparisons';
import { tokenizeExample } from '../text/datasets/examples';
import type { Tokenizer } from '../text/tokenizer/tokenizer';
import type { Ranking } from './rankings';

/** Tokens of prompt, completion and end-of-text, cut on the left to what the context holds. */
export function scoredIds(tokenizer: Tokenizer, prompt: string, completion: string, T: number) {
  return tokenizeExample({ prompt, completion }, tokenizer).ids.slice(-T);
}

/** What a scorer holds on the GPU. */
interface Recorded {
  readonly ids: View;
  readonly positions: View;
  /** Each gives the score after every token. */
  readonly tapes: SizedTapes<Temp>;
}

const freeRecorded = (gpu: Gpu, { ids, positions, tapes }: Recorded) => {
  tapes.free();
  gpu.free(ids, positions);
};

/** Records the scoring of at most B texts at a time, several of them a row. */
export async function recordScorer(gpu: Gpu, weights: Weights, B: number): Promise<Recorded> {
  const T = weights.layout.config.n_positions;
  const ids = gpu.alloc('texts to score', B * T * 4);
  const positions = gpu.alloc('their positions', B * T * 4);
  const tapes = new SizedTapes<Temp>(gpu, 'score');
  try {
    await tapes.record(rowCounts(B), (tape, rows) => {
      const trunk = recordTrunk(gpu, tape, weights, ids, rows, T, { positions });
      const score = recordScores(gpu, tape, weights, trunk);
      tape.keep(score);
      return score;
    });
    return { ids, positions, tapes };
  } catch (cause) {
    freeRecorded(gpu, { ids, positions, tapes });
    throw cause;
  }
}

/** Scores texts with a reward (or value) model. */
export class Scorer {
  private constructor(
    private readonly gpu: Gpu,
    private readonly tokenizer: Tokenizer,
    private readonly shape: { B: number; T: number },
    private readonly recorded: Recorded,
  ) {}

  static async make(gpu: Gpu, weights: Weights, tokenizer: Tokenizer, B: number): Promise<Scorer> {
    const T = weights.layout.config.n_positions;
    return new Scorer(gpu, tokenizer, { B, T }, await recordScorer(gpu, weights, B));
  }

  /** The score after every token of prompt, completion and end-of-text, a row a text. */
  async rows(texts: readonly { prompt: string; completion: string }[]): Promise<Float32Array[]> {
    const { gpu, tokenizer } = this;
    const { B, T } = this.shape;
    const rows: Float32Array[] = [];
    for (let from = 0; from < texts.length; from += B) {
      const all = texts
        .slice(from, from + B)
        .map(({ prompt, completion }) => scoredIds(tokenizer, prompt, completion, T));
      const packed = packRows(
        all.map(({ length }) => length),
        T,
      );
      const { tape, rows: held, given: score } = this.recorded.tapes.holding(packed.rows);
      const ids = new Int32Array(held * T).fill(tokenizer.pad);
      const positions = new Int32Array(held * T);
      for (const [row, tokens] of all.entries()) ids.set(tokens, packed.starts[row]);
      layPositions(packed, positions);
      gpu.write(this.recorded.ids, ids);
      gpu.write(this.recorded.positions, positions);
      tape.run();
      const [bytes] = await read(gpu, score.view!);
      const scores = new Float32Array(bytes!);
      for (const [row, { length }] of all.entries()) {
        const start = packed.starts[row]!;
        rows.push(scores.slice(start, start + length));
      }
    }
    return rows;
  }

  /** The reward of each text: the score at its last token. */
  async rewards(texts: readonly { prompt: string; completion: string }[]): Promise<number[]> {
    return (await this.rows(texts)).map((row) => row.at(-1)!);
  }

  free(): void {
    freeRecorded(this.gpu, this.recorded);
  }
}

/** Score of the better minus score of the worse completion, for every ordered pair of the rankings. */
export async function pairMargins(scorer: Scorer, rankings: readonly Ranking[]): Promise<number[]> {
  const texts = rankings.flatMap(({ prompt, completions }) =>
    completions.map((completion) => ({ prompt, completion })),
  );
  const rewards = await scorer.rewards(texts);
  let from = 0;
  return rankings.flatMap(({ completions, ranks }) => {
    const first = from;
    from += completions.length;
    return orderedPairs(ranks).map(
      ([better, worse]) => rewards[first + better]! - rewards[first + worse]!,
    );
  });
}

/** Share of the pairs that the model orders like the labeler; equal scores are neither. */
export function accuracyOf(margins: readonly number[]): number {
  const ordered = margins.filter((margin) => margin !== 0);
  return ordered.filter((margin) => margin > 0).length / ordered.length;
}

/**
 * Folds the shift −bias into ln_f.bias: b ← b − bias·w/‖w‖², so that w·h drops by `bias`
 * everywhere. Returns a new arena.
 */
export function foldShift(layout: Layout, floats: Float32Array, bias: number) {
  const folded = new Float32Array(floats);
  const tensors = namedTensors(layout, folded);
  const head = tensors['score.weight']!;
  const lnBias = tensors['transformer.ln_f.bias']!;
  const norm2 = head.reduce((sum, w) => sum + w * w, 0);
  head.forEach((w, c) => {
    lnBias[c]! -= (bias * w) / norm2;
  });
  return folded;
}
