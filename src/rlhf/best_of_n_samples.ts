/**
 * The samples behind the best of n: N answers of the model that PPO starts from to each prompt, with
 * the reward that PPO would be given for each and the true one. Prompts come one after the other, so
 * that a stop keeps those that are done.
 */
import { layoutOf } from '../nn/layout';
import { Weights } from '../nn/weights';
import { type StageContext, seedFor } from './context';
import { Scorer } from './scorer';
import { promptLimit } from './shown';
import { Writer } from './texts';

type Floats = Float32Array<ArrayBuffer>;

export interface BestOfNInputs {
  /** The model that samples. */
  readonly policy: Floats;
  /** Reward models, normalised. */
  readonly rewards: readonly Floats[];
  readonly prompts: readonly string[];
  /** Samples of each prompt. */
  readonly N: number;
  /** Index of the first prompt that is not done yet. */
  readonly from: number;
  /** The true reward; null where the world does not know the prompt. */
  assess(prompt: string, completion: string): number | null;
  /** Called after every few prompts. @param learned of every reward model, [prompts·N] */
  done(prompts: number, learned: readonly Float32Array[], truth: Float32Array): Promise<void>;
}

/** Sequences sampled, and texts scored, at a time. */
const SEQUENCES = 128;
const SCORED = 64;

/** Samples and scores all prompts from number `from` on. */
export async function sampleBestOfN(ctx: StageContext, inputs: BestOfNInputs): Promise<void> {
  const { gpu, tokenizer } = ctx;
  const { prompts, N } = inputs;
  const policy = Weights.from(gpu, layoutOf(ctx.model, 'lm'), 'best of n', inputs.policy);
  const rewards = inputs.rewards.map((floats, i) =>
    Weights.from(gpu, layoutOf(ctx.model, 'score'), `reward ${i}`, floats),
  );
  const writer = await Writer.make(gpu, policy, tokenizer, { B: SEQUENCES, ...promptLimit(ctx) });
  const scorers: Scorer[] = [];
  try {
    for (const weights of rewards) {
      scorers.push(await Scorer.make(gpu, weights, tokenizer, SCORED));
    }
    const each = Math.max(1, Math.floor(SEQUENCES / N));
    for (let from = inputs.from; from < prompts.length; from += each) {
      const some = prompts.slice(from, from + each);
      const repeated = some.flatMap((prompt) => new Array<string>(N).fill(prompt));
      const answers = await writer.answers(
        repeated.map((prompt) => tokenizer.encode(prompt)),
        seedFor(ctx, 'bestOfN'),
        from * N,
        () => ctx.breathe(),
      );
      const texts = answers.map(({ completion }, i) => ({ prompt: repeated[i]!, completion }));
      const learned: Float32Array[] = [];
      for (const scorer of scorers) {
        const scores = await scorer.rewards(texts);
        learned.push(Float32Array.from(scores, (score, i) => given(ctx, score, answers[i]!.ended)));
        await ctx.breathe();
      }
      const truth = texts.map(({ prompt, completion }) => inputs.assess(prompt, completion));
      await inputs.done(
        some.length,
        learned,
        Float32Array.from(truth, (value) => value ?? Number.NaN),
      );
      ctx.progress(`sampling ${N} answers to each prompt`, from + some.length, prompts.length);
    }
  } finally {
    writer.free();
    for (const scorer of scorers) scorer.free();
    gpu.free(policy.arena, ...rewards.map(({ arena }) => arena));
  }
}

/** The reward that PPO is given: clipped where asked, the penalty for an answer without its end. */
function given({ settings }: StageContext, score: number, ended: boolean): number {
  if (!ended) return settings['ppo.missing_eos_penalty'];
  const clip = settings['ppo.score_clip'];
  return clip > 0 ? Math.max(-clip, Math.min(clip, score)) : score;
}
