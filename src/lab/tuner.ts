/**
 * Chooses among the variants of the matrix products by measuring them here: for each class of
 * shapes that an experiment uses, the largest work first, until the time is up. A variant counts
 * only when its result agrees with the default's, and it is chosen only when it is clearly faster,
 * so that noise alone changes nothing.
 */
import type { Settings } from '../config/fields';
import type { Gpu } from '../gpu/device';
import { planningGpu } from '../gpu/plan';
import { hasten, readFloats } from '../gpu/readback';
import { median } from '../gpu/spread';
import { Tape } from '../gpu/tape';
import {
  type MatmulForm,
  type MatmulSize,
  type MatmulVariant,
  matmulClass,
  matmulDevice,
  matmulVariants,
} from '../kernels/linear_choice';
import { recordMatmul } from '../kernels/linear_record';
import { ADAMW } from '../nn/adamw';
import { type GptConfig, layoutOf } from '../nn/layout';
import { Sampler } from '../nn/sampler';
import { LmTrainer } from '../nn/trainer';
import { Weights } from '../nn/weights';
import { RewardTrainer, rewardParts } from '../rlhf/reward_trainer';

/** A product of an experiment, and its share of the work. */
export interface Product {
  readonly class: string;
  readonly form: MatmulForm;
  readonly size: MatmulSize;
  /** Operations of all of its class in the steps that were looked at. */
  readonly flops: number;
}

/** What was measured for a class. */
export interface Choice {
  readonly class: string;
  readonly form: MatmulForm;
  readonly size: MatmulSize;
  readonly variant: string;
  /** The default's time over the chosen one's; 1 where the default stays. */
  readonly gain: number;
}

/** The tuner's time: a person waits for it once an adapter. */
const BUDGET_MS = 1800;
/** Time of a sample of one variant. */
const SAMPLE_MS = 4;
const ROUNDS = 3;
const MOST_REPEATS = 64;
/** A variant must be this much faster than the default. */
const CLEAR_GAIN = 1.08;
/** Largest difference from the default's result, in its root mean square: f16 sums pass. */
const MOST_DIFFERENCE = 0.02;

/** The distinct classes of products in the steps of a model, the most work first. */
export async function productsOf(
  gpu: Gpu,
  model: GptConfig,
  settings: Readonly<Settings>,
): Promise<Product[]> {
  const dry = planningGpu(gpu);
  const lm = Weights.zeros(dry, layoutOf(model, 'lm'), 'weights');
  const scored = Weights.zeros(dry, layoutOf(model, 'score'), 'weights');
  const T = model.n_positions;
  const train = (B: number, accumulate: number) =>
    LmTrainer.make(dry, lm, { B, T, accumulate, dropout: 0, seed: 0, adamw: ADAMW }, () => {});
  const completions = rewardParts(
    settings['reward.prompts_per_batch'],
    settings['reward.accumulate'],
    settings['reward.k_max'],
  );
  const sampling = { temperature: 1, topK: 0, topP: 1, eot: 0, pad: 0, stopAtEot: false };
  const steps = [
    await train(settings['base.batch'], settings['base.accumulate']),
    await train(settings['sft.batch'], settings['sft.accumulate']),
    await train(settings['ppo.minibatch'], settings['ppo.accumulate']),
    await RewardTrainer.make(dry, scored, completions, () => {}),
    await Sampler.make(dry, lm, { B: settings['ppo.batch'], P: 1, R: T - 1, ...sampling }),
  ];
  const products = new Map<string, Product>();
  for (const info of steps.flatMap(({ recorded }) => recorded.describe())) {
    const form = /^matmul_(nn|nt|tn)/.exec(info?.kernel.name ?? '')?.[1] as MatmulForm | undefined;
    if (!form) continue;
    const { M, N, K } = info!.params as unknown as MatmulSize;
    const size = { M, N, K };
    const key = matmulClass(form, size);
    const flops = (products.get(key)?.flops ?? 0) + 2 * M * N * K;
    products.set(key, { class: key, form, size, flops });
  }
  return [...products.values()].sort((a, b) => b.flops - a.flops);
}

/** Measures classes until the time is up; those that are not reached keep the default. */
export async function tune(
  gpu: Gpu,
  products: readonly Product[],
  budgetMs = BUDGET_MS,
): Promise<Choice[]> {
  const begun = performance.now();
  const choices: Choice[] = [];
  let longest = 0;
  for (const { class: name, form, size } of products) {
    const from = performance.now();
    // Variants are compiled first, which may take longer than what is left.
    if (from + longest - begun > budgetMs) break;
    const variants = matmulVariants(form, size, matmulDevice(gpu));
    const { variant, gain } = await fastest(gpu, size, variants);
    choices.push({ class: name, form, size, variant: variant.name, gain });
    longest = Math.max(longest, performance.now() - from);
  }
  return choices;
}

/** Reproducible numbers in [−1, 1). */
const numbers = (count: number) =>
  Float32Array.from({ length: count }, (_, i) => ((i * 7919) % 2003) / 1001.5 - 1);

async function fastest(
  gpu: Gpu,
  size: MatmulSize,
  variants: readonly MatmulVariant[],
): Promise<{ variant: MatmulVariant; gain: number }> {
  const [first] = variants;
  if (variants.length === 1) return { variant: first!, gain: 1 };
  const { M, N, K } = size;
  const a = gpu.upload('tuner a', numbers(M * K));
  const b = gpu.upload('tuner b', numbers(K * N));
  const out = gpu.alloc('tuner out', 4 * M * N);
  const tapes = await Promise.all(
    variants.map(async (variant) => {
      const tape = new Tape(gpu, variant.name);
      recordMatmul(tape, variant, size, { a, b, out });
      await tape.finish();
      return tape;
    }),
  );
  try {
    const results: Float32Array[] = [];
    for (const tape of tapes) {
      tape.run();
      results.push(await readFloats(gpu, out, M * N));
    }
    const right = variants.map((_, at) => agree(results[0]!, results[at]!));
    const repeats = repeatsFor(await timed(gpu, tapes[0]!, 1));
    const samples = variants.map((): number[] => []);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [at, tape] of tapes.entries()) {
        if (right[at]) samples[at]!.push(await timed(gpu, tape, repeats));
      }
    }
    const times = samples.map((list) =>
      list.length > 0 ? median(list) : Number.POSITIVE_INFINITY,
    );
    const best = times.indexOf(Math.min(...times));
    const gain = times[0]! / times[best]!;
    return gain >= CLEAR_GAIN ? { variant: variants[best]!, gain } : { variant: first!, gain: 1 };
  } finally {
    for (const tape of tapes) tape.free();
    gpu.free(a, b, out);
  }
}

const repeatsFor = (ms: number) =>
  Math.max(1, Math.min(MOST_REPEATS, Math.ceil(SAMPLE_MS / Math.max(ms, 0.05))));

async function timed(gpu: Gpu, tape: Tape, times: number): Promise<number> {
  const begun = performance.now();
  tape.run(times);
  await hasten(gpu, gpu.device.queue.onSubmittedWorkDone());
  return performance.now() - begun;
}

/** Whether two results are the same but for rounding. A NaN agrees with nothing. */
export function agree(wanted: Float32Array, met: Float32Array): boolean {
  let squares = 0;
  for (const value of wanted) squares += value * value;
  const most = MOST_DIFFERENCE * Math.sqrt(squares / wanted.length);
  return wanted.every((value, at) => Math.abs(value - met[at]!) <= most);
}
