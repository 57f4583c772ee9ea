/** Prompts in, texts out: batches of any number of prompts through a sampler of fixed size. */
import type { Gpu } from '../gpu/device';
import { Sampler, type SamplerOptions } from '../nn/sampler';
import type { Weights } from '../nn/weights';
import type { Tokenizer } from '../text/tokenizer/tokenizer';

export interface Answer {
  /** Response tokens as sampled, end-of-text left out. */
  readonly ids: readonly number[];
  readonly completion: string;
  /** Whether it came to its end-of-text before the limit. */
  readonly ended: boolean;
}

/** A sampler's options for free-running text: temperature 1, no cuts, stopping at end-of-text. */
export function samplerOptions(
  tokenizer: Tokenizer,
  shape: { B: number; P: number; R: number },
  temperature = 1,
): SamplerOptions {
  return {
    ...shape,
    temperature,
    topK: 0,
    topP: 1,
    eot: tokenizer.eot,
    pad: tokenizer.pad,
    stopAtEot: true,
  };
}

export class Writer {
  /** Tokens sampled so far, and the seconds that took. */
  readonly work = { tokens: 0, seconds: 0 };

  private constructor(
    private readonly sampler: Sampler,
    private readonly tokenizer: Tokenizer,
  ) {}

  static async make(
    gpu: Gpu,
    weights: Weights,
    tokenizer: Tokenizer,
    shape: { B: number; P: number; R: number },
    temperature = 1,
  ): Promise<Writer> {
    const options = samplerOptions(tokenizer, shape, temperature);
    return new Writer(await Sampler.make(gpu, weights, options), tokenizer);
  }

  /**
   * One answer to each prompt.
   * @param sequence number of the first answer: (seed, sequence) fixes what is drawn
   * @param each called after every batch with the answers so far
   */
  async answers(
    prompts: readonly (readonly number[])[],
    seed: number,
    sequence = 0,
    each: (done: number) => Promise<void> | void = () => {},
  ): Promise<Answer[]> {
    const { B, P } = this.sampler.options;
    const { T } = this.sampler;
    const answers: Answer[] = [];
    for (let from = 0; from < prompts.length; from += B) {
      const batch = prompts.slice(from, from + B).map((prompt) => prompt.slice(-P));
      const started = performance.now();
      this.sampler.start(batch, seed, sequence + from);
      const { tokens, lengths } = await this.sampler.finish();
      this.work.seconds += (performance.now() - started) / 1000;
      this.work.tokens += lengths
        .subarray(0, batch.length)
        .reduce((sum, length) => sum + length, 0);
      batch.forEach((prompt, b) => {
        const start = b * T + prompt.length;
        const ids = Array.from(tokens.subarray(start, start + lengths[b]!));
        const ended = ids.at(-1) === this.tokenizer.eot;
        if (ended) ids.pop();
        answers.push({
          ids,
          completion: this.tokenizer.decode(ids, { skipSpecial: true }),
          ended,
        });
      });
      await each(answers.length);
    }
    return answers;
  }

  free(): void {
    this.sampler.free();
  }
}
