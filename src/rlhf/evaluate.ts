/**
 * Evaluation (4.2, E): every model answers the test prompts once; win rate of the policy against
 * fresh samples of `sft_for_rl`, judged by the held-out labelers; and the alignment tax: skills
 * and pretraining loss of each model.
 */
import { layoutOf } from '../nn/layout';
import { Weights } from '../nn/weights';
import { evaluationBatches, type TokenStream } from '../text/datasets/packing';
import { type StageContext, seedFor } from './context';
import { LmEvaluator } from './losses';
import { promptLimit } from './shown';
import { type Estimated, estimated, mean } from './statistics';
import { Writer } from './texts';

export const EVALUATED = ['base', 'sft', 'sft_for_rl', 'policy'] as const;
export type Evaluated = (typeof EVALUATED)[number];

/** What the world says of an answer, each in [0, 1]. */
export interface Assessment {
  readonly trueReward: number;
  readonly helpful: number;
  readonly honest: number;
  readonly harmless: number;
}

export interface SkillItem {
  readonly prompt: string;
  readonly completion: string;
  readonly skill: string;
}

export interface EvaluationInputs {
  readonly models: Readonly<Record<Evaluated, Float32Array<ArrayBuffer>>>;
  readonly prompts: readonly string[];
  readonly skills: readonly SkillItem[];
  readonly corpusVal: TokenStream;
  /** Null where the world does not know the prompt. */
  assess(prompt: string, completion: string): Assessment | null;
  /** Mean win of the first answer over the second by the held-out labelers, a tie ½. */
  duel(prompt: string, first: string, second: string, index: number): number | null;
}

/** A line of `data/evaluation.jsonl`. */
export interface EvaluationRow {
  readonly prompt: string;
  readonly completions: Record<Evaluated, string>;
  readonly true_reward: Record<Evaluated, number>;
  readonly helpful: Record<Evaluated, number>;
  readonly honest: Record<Evaluated, number>;
  readonly harmless: Record<Evaluated, number>;
  /** The fresh sample of `sft_for_rl` that the policy's completion was held against. */
  readonly opponent: string;
  readonly win_vs_sft: number;
}

export interface Evaluation {
  readonly rows: readonly EvaluationRow[];
  readonly means: Record<
    'true_reward' | 'helpful' | 'honest' | 'harmless',
    Record<Evaluated, number>
  >;
  readonly win: Estimated;
  readonly skills: Record<Evaluated, Record<string, number>>;
  readonly pretrainValLoss: Record<Evaluated, number>;
}

const SEQUENCES = 128;

export async function evaluate(ctx: StageContext, inputs: EvaluationInputs): Promise<Evaluation> {
  const { prompts } = inputs;
  const seed = seedFor(ctx, 'evaluate');
  const steps = EVALUATED.length * 3 + 1;
  let done = 0;
  const advance = async (what: string) => {
    done++;
    ctx.progress(what, done, steps);
    await ctx.breathe();
  };

  const completions = {} as Record<Evaluated, string[]>;
  const skills = {} as Record<Evaluated, Record<string, number>>;
  const pretrainValLoss = {} as Record<Evaluated, number>;
  let opponents: string[] = [];
  for (const [index, name] of EVALUATED.entries()) {
    const weights = Weights.from(ctx.gpu, layoutOf(ctx.model, 'lm'), name, inputs.models[name]);
    try {
      completions[name] = await answerPrompts(ctx, weights, prompts, seed, index * prompts.length);
      await advance(`${name} answers the test prompts`);
      if (name === 'sft_for_rl') {
        const fresh = EVALUATED.length * prompts.length;
        opponents = await answerPrompts(ctx, weights, prompts, seed, fresh);
        await advance('sft_for_rl answers once more');
      }
      skills[name] = await skillAccuracy(ctx, weights, inputs.skills);
      await advance(`skills of ${name}`);
      pretrainValLoss[name] = await corpusLoss(ctx, weights, inputs.corpusVal);
      await advance(`pretraining loss of ${name}`);
    } finally {
      ctx.gpu.free(weights.arena);
    }
  }

  const sums = { true_reward: {}, helpful: {}, honest: {}, harmless: {} } as Evaluation['means'];
  const assessed = {} as Record<Evaluated, (Assessment | null)[]>;
  for (const name of EVALUATED) {
    assessed[name] = prompts.map((prompt, i) => inputs.assess(prompt, completions[name][i]!));
    const known = assessed[name].filter((one) => one !== null);
    sums.true_reward[name] = mean(known.map((one) => one.trueReward));
    sums.helpful[name] = mean(known.map((one) => one.helpful));
    sums.honest[name] = mean(known.map((one) => one.honest));
    sums.harmless[name] = mean(known.map((one) => one.harmless));
  }
  const wins = prompts.map((prompt, i) =>
    inputs.duel(prompt, completions.policy[i]!, opponents[i]!, i),
  );
  const judged = wins.filter((win) => win !== null);
  const rows = prompts.map((prompt, i): EvaluationRow => {
    const of = <Value>(pick: (name: Evaluated) => Value) =>
      Object.fromEntries(EVALUATED.map((name) => [name, pick(name)])) as Record<Evaluated, Value>;
    return {
      prompt,
      completions: of((name) => completions[name][i]!),
      true_reward: of((name) => assessed[name][i]?.trueReward ?? Number.NaN),
      helpful: of((name) => assessed[name][i]?.helpful ?? Number.NaN),
      honest: of((name) => assessed[name][i]?.honest ?? Number.NaN),
      harmless: of((name) => assessed[name][i]?.harmless ?? Number.NaN),
      opponent: opponents[i]!,
      win_vs_sft: wins[i] ?? Number.NaN,
    };
  });
  return {
    rows,
    means: sums,
    win: estimated(judged, seed),
    skills,
    pretrainValLoss,
  };
}

/** One sampled answer to each prompt. @param sequence number of the first among the seed's */
export async function answerPrompts(
  ctx: StageContext,
  weights: Weights,
  prompts: readonly string[],
  seed: number,
  sequence: number,
): Promise<string[]> {
  const shape = { B: Math.min(SEQUENCES, prompts.length), ...promptLimit(ctx) };
  const writer = await Writer.make(ctx.gpu, weights, ctx.tokenizer, shape);
  try {
    const ids = prompts.map((prompt) => ctx.tokenizer.encode(prompt));
    const answers = await writer.answers(ids, seed, sequence, () => ctx.breathe());
    ctx.sampled(writer.work);
    return answers.map(({ completion }) => completion);
  } finally {
    writer.free();
  }
}

/** Share of items, by skill, of which greedy decoding gives every completion token. */
export async function skillAccuracy(
  ctx: StageContext,
  weights: Weights,
  items: readonly SkillItem[],
): Promise<Record<string, number>> {
  if (items.length === 0) return {};
  const { tokenizer } = ctx;
  const tokenized = items.map(({ prompt, completion }) => ({
    prompt: tokenizer.encode(prompt),
    completion: tokenizer.encode(completion),
  }));
  const longest = (side: 'prompt' | 'completion') =>
    Math.max(...tokenized.map((item) => item[side].length));
  const shape = {
    B: Math.min(SEQUENCES, items.length),
    P: longest('prompt'),
    R: longest('completion'),
  };
  const writer = await Writer.make(ctx.gpu, weights, tokenizer, shape, 0);
  const right: Record<string, number[]> = {};
  try {
    const answers = await writer.answers(
      tokenized.map(({ prompt }) => prompt),
      0,
      0,
      () => ctx.breathe(),
    );
    items.forEach(({ skill }, i) => {
      const wanted = tokenized[i]!.completion;
      const hit = wanted.every((id, at) => answers[i]!.ids[at] === id);
      right[skill] = [...(right[skill] ?? []), hit ? 1 : 0];
    });
  } finally {
    writer.free();
  }
  return Object.fromEntries(Object.entries(right).map(([skill, hits]) => [skill, mean(hits)]));
}

/** Mean nats a token over windows of T that tile the validation corpus. */
export async function corpusLoss(
  ctx: StageContext,
  weights: Weights,
  stream: TokenStream,
): Promise<number> {
  const T = ctx.model.n_positions;
  const evaluator = await LmEvaluator.make(ctx.gpu, weights, 16, T);
  try {
    return await evaluator.loss(evaluationBatches(stream, { B: 16, T, pad: ctx.tokenizer.pad }));
  } finally {
    evaluator.free();
  }
}
