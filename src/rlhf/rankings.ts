/**
 * The data of the reward model: K completions of each prompt, sampled at temperature 1 from SFT
 * and, for contrast, from base, shown in a shuffled order and ranked by a labeler (RLHF.md
 * section 2). Who labels is given from outside: a simulated labeler here, a person in the page.
 */
import type { Writer as WriterName } from '../config/stages';
import { layoutOf } from '../nn/layout';
import { Weights } from '../nn/weights';
import { orderedPairs } from '../text/datasets/comparisons';
import { randomBelow } from '../text/datasets/philox';
import { type StageContext, seedFor } from './context';
import { promptLimit } from './shown';
import { Writer } from './texts';

/** A prompt with completions and what wrote each. */
export interface RankingTask {
  readonly prompt: string;
  readonly completions: readonly string[];
  readonly writers: readonly WriterName[];
}

/** One labeler's judgement of a task: a row of `data/rankings.*.jsonl`. */
export interface Ranking {
  readonly prompt: string;
  readonly completions: readonly string[];
  readonly ranks: readonly number[];
  readonly likert: readonly number[];
  readonly flags: readonly (readonly string[])[];
  readonly labeler: string;
}

/** Which draw a number is for, in the counter of the random generator. */
const DRAW = { count: 0x4b, writer: 0x57, order: 0x4f } as const;

/** Completions sampled at a time. */
const SEQUENCES = 128;
/** Times that an unwanted completion is drawn anew, and the numbers that those draws count from. */
const REDRAWS = { times: 8, from: 0x8000_0000, each: 0x0400_0000 } as const;

export interface SamplingOptions {
  /** What the progress says. */
  readonly phase?: string;
  /** Completions that must not be shown are drawn anew. */
  readonly unwanted?: (completion: string) => boolean;
}

/**
 * Samples K completions of each prompt, K even in [k_min, k_max].
 * @param sequence number of the first completion, so that different calls draw differently
 */
export async function sampleTasks(
  ctx: StageContext,
  prompts: readonly string[],
  models: Readonly<Record<'sft' | 'base', Float32Array<ArrayBuffer>>>,
  sequence: number,
  { phase = 'sampling completions to rank', unwanted = () => false }: SamplingOptions = {},
): Promise<RankingTask[]> {
  const { settings } = ctx;
  const seed = seedFor(ctx, 'rankings');
  const least = settings['reward.k_min'];
  const spread = settings['reward.k_max'] - least + 1;
  const drafts = prompts.map((prompt, index) => {
    const at = sequence + index;
    const K = least + randomBelow(spread, seed, DRAW.count, at, 0);
    const writers = Array.from({ length: K }, (_, k): 'sft' | 'base' =>
      randomBelow(1_000_000, seed, DRAW.writer, at, k) < settings['reward.base_share'] * 1_000_000
        ? 'base'
        : 'sft',
    );
    return { prompt, writers, completions: new Array<string>(K) };
  });
  const total = drafts.reduce((sum, { writers }) => sum + writers.length, 0);
  let before = 0;
  for (const name of ['sft', 'base'] as const) {
    const wanted = drafts.flatMap((draft) =>
      draft.writers.flatMap((writer, k) => (writer === name ? [{ draft, k }] : [])),
    );
    const weights = Weights.from(ctx.gpu, layoutOf(ctx.model, 'lm'), name, models[name]);
    const writer = await Writer.make(ctx.gpu, weights, ctx.tokenizer, {
      B: SEQUENCES,
      ...promptLimit(ctx),
    });
    try {
      const first = sequence * 16 + before;
      const answers = await writer.answers(
        wanted.map(({ draft }) => ctx.tokenizer.encode(draft.prompt)),
        seed,
        first >>> 0,
        async (done) => {
          ctx.progress(phase, before + done, total, SEQUENCES * settings['ppo.response_length']);
          await ctx.breathe();
        },
      );
      wanted.forEach(({ draft, k }, index) => {
        draft.completions[k] = answers[index]!.completion;
      });
      for (let again = 0; again < REDRAWS.times; again++) {
        const redrawn = wanted.filter(({ draft, k }) => unwanted(draft.completions[k]!));
        if (redrawn.length === 0) break;
        const others = await writer.answers(
          redrawn.map(({ draft }) => ctx.tokenizer.encode(draft.prompt)),
          seed,
          (REDRAWS.from + again * REDRAWS.each + first) >>> 0,
        );
        redrawn.forEach(({ draft, k }, index) => {
          draft.completions[k] = others[index]!.completion;
        });
      }
      before += wanted.length;
      ctx.sampled(writer.work);
    } finally {
      writer.free();
      ctx.gpu.free(weights.arena);
    }
  }
  return drafts;
}

/** Order of a task's completions for one labeler: position in what is shown → index in the task. */
export function shuffledOrder(length: number, seed: number, item: number): number[] {
  const order = Array.from({ length }, (_, index) => index);
  for (let i = length - 1; i > 0; i--) {
    const j = randomBelow(i + 1, seed, DRAW.order, item, i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/**
 * How often two labelers who ranked the same completions of a prompt order a pair alike, over the
 * pairs that both order. NaN without any such pair.
 */
export function labelAgreement(rankings: readonly Ranking[]): number {
  const byTask = new Map<string, Ranking[]>();
  for (const ranking of rankings) {
    const key = JSON.stringify([ranking.prompt, ranking.completions]);
    byTask.set(key, [...(byTask.get(key) ?? []), ranking]);
  }
  let alike = 0;
  let both = 0;
  for (const group of byTask.values()) {
    for (let i = 0; i < group.length; i++) {
      for (let j = i + 1; j < group.length; j++) {
        for (const [better, worse] of orderedPairs(group[i]!.ranks)) {
          const difference = group[j]!.ranks[worse]! - group[j]!.ranks[better]!;
          if (difference === 0) continue;
          both++;
          if (difference > 0) alike++;
        }
      }
    }
  }
  return alike / both;
}
