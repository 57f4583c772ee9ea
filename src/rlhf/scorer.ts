/**
 * Rewards of texts by a reward model, its accuracy against labelers, and the normalising shift.
 */
import type { Gpu, View } from '../gpu/device';
import { read } from '../gpu/readback';
import { Tape, type Temp } from '../gpu/tape';
import { recordTrunk } from '../nn/gpt';
import { recordScores } from '../nn/heads';
import { type Layout, namedTensors } from '../nn/layout';
import type { Weights } from '../nn/weights';
import { orderedPairs } from '../text/datasets/comparisons';
import { tokenizeExample } from '../text/datasets/examples';
import type { Tokenizer } from '../text/tokenizer/tokenizer';
import type { Ranking } from './rankings';

/** Tokens of prompt, completion and end-of-text, cut on the left to what the context holds. */
export function scoredIds(tokenizer: Tokenizer, prompt: string, completion: string, T: number) {
  return tokenizeExample({ prompt, completion }, tokenizer).ids.slice(-T);
}

/** Scores texts with a reward (or value) model: a forward-only tape of B sequences. */
export class Scorer {
  private constructor(
    private readonly gpu: Gpu,
    private readonly tokenizer: Tokenizer,
    private readonly shape: { B: number; T: number },
    private readonly ids: View,
    private readonly tape: Tape,
    private readonly score: Temp,
  ) {}

  static async make(gpu: Gpu, weights: Weights, tokenizer: Tokenizer, B: number): Promise<Scorer> {
    const T = weights.layout.config.n_positions;
    const ids = gpu.alloc('texts to score', B * T * 4);
    const tape = new Tape(gpu, 'score');
    const score = recordScores(gpu, tape, weights, recordTrunk(gpu, tape, weights, ids, B, T));
    tape.keep(score);
    const scorer = new Scorer(gpu, tokenizer, { B, T }, ids, tape, score);
    try {
      await tape.finish();
      return scorer;
    } catch (cause) {
      scorer.free();
      throw cause;
    }
  }

  /** The score after every token of prompt, completion and end-of-text, a row a text. */
  async rows(texts: readonly { prompt: string; completion: string }[]): Promise<Float32Array[]> {
    const { B, T } = this.shape;
    const rows: Float32Array[] = [];
    for (let from = 0; from < texts.length; from += B) {
      const ids = new Int32Array(B * T).fill(this.tokenizer.pad);
      const lengths = texts.slice(from, from + B).map(({ prompt, completion }, row) => {
        const tokens = scoredIds(this.tokenizer, prompt, completion, T);
        ids.set(tokens, row * T);
        return tokens.length;
      });
      this.gpu.write(this.ids, ids);
      this.tape.run();
      const [bytes] = await read(this.gpu, this.score.view!);
      const scores = new Float32Array(bytes!);
      lengths.forEach((length, row) => {
        rows.push(scores.slice(row * T, row * T + length));
      });
    }
    return rows;
  }

  /** The reward of each text: the score at its last token. */
  async rewards(texts: readonly { prompt: string; completion: string }[]): Promise<number[]> {
    return (await this.rows(texts)).map((row) => row.at(-1)!);
  }

  free(): void {
    this.tape.free();
    this.gpu.free(this.ids);
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
