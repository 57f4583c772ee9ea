/**
 * How long a run takes on this adapter: one training step and one short sampling of the very model
 * are timed, and a run is counted in them. Rates are kept by adapter and sizes.
 */
import type { Settings } from '../config/fields';
import type { Gpu } from '../gpu/device';
import { ADAMW } from '../nn/adamw';
import { initialWeights } from '../nn/init';
import { configOf, layoutOf } from '../nn/layout';
import { Sampler } from '../nn/sampler';
import { LmTrainer } from '../nn/trainer';
import { Weights } from '../nn/weights';
import type { Store } from '../store/store';

export interface Rates {
  /** Seconds a token of a training step, forward, backward and optimizer. */
  readonly train: number;
  /** Seconds a sampled token. */
  readonly sample: number;
}

/** A forward pass costs about a third of a training step. */
const FORWARD = 1 / 3;
/** More work than this is timed with one sequence instead of a batch. */
const MOST_FLOP = 2e10;
const SAMPLED = { P: 8, R: 8 };

/** Runs each once to compile and warm up, and once on the clock. Random weights do. */
export async function measureRates(gpu: Gpu, s: Readonly<Settings>): Promise<Rates> {
  const config = configOf(s);
  const layout = layoutOf(config, 'lm');
  const T = config.n_positions;
  const heavy = 6 * layout.floats * T * s['base.batch'] > MOST_FLOP;
  const B = heavy ? 1 : s['base.batch'];
  const accumulate = s['base.accumulate'];
  const weights = Weights.from(gpu, layout, 'measured', initialWeights(layout, 0));
  try {
    return {
      train: (await timedTraining(gpu, weights, { B, T, accumulate })) / (B * T),
      sample: await timedSampling(gpu, weights, heavy ? 8 : Math.min(64, s['ppo.batch'])),
    };
  } finally {
    gpu.free(weights.arena);
  }
}

async function timedTraining(
  gpu: Gpu,
  weights: Weights,
  shape: { B: number; T: number; accumulate: number },
): Promise<number> {
  const { B, T } = shape;
  const options = { ...shape, dropout: 0, seed: 0, adamw: ADAMW };
  const trainer = await LmTrainer.make(gpu, weights, options, () => {});
  const batch = { inputIds: new Int32Array(B * T), targets: new Int32Array(B * T) };
  try {
    return await secondTime(async () => {
      await trainer.step(1, 1e-6, batch);
      await trainer.drain();
    });
  } finally {
    trainer.free();
  }
}

/** Seconds a token of B sequences. */
async function timedSampling(gpu: Gpu, weights: Weights, B: number): Promise<number> {
  const { P, R } = SAMPLED;
  const sampler = await Sampler.make(gpu, weights, {
    ...{ B, P, R, temperature: 1, topK: 0, topP: 1, eot: 0, pad: 1 },
    stopAtEot: false,
  });
  const prompts = Array.from({ length: B }, () => new Array<number>(P).fill(2));
  try {
    const seconds = await secondTime(async () => {
      sampler.start(prompts, 0, 0);
      await sampler.finish();
    });
    return seconds / (B * R);
  } finally {
    sampler.free();
  }
}

async function secondTime(work: () => Promise<void>): Promise<number> {
  await work();
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** Seconds of a whole run, all stages, counted in tokens trained, passed and sampled. */
export function runSeconds(s: Readonly<Settings>, rates: Rates): number {
  const T = s['model.n_positions'];
  const R = s['ppo.response_length'];
  const sft = (['sft', 'sft_for_rl'] as const).reduce(
    (sum, recipe) =>
      sum + (s['data.demonstrations'] * s[`${recipe}.epochs`] * T) / (1 - s[`${recipe}.mix`]),
    0,
  );
  const K = (s['reward.k_min'] + s['reward.k_max']) / 2;
  const ranked = s['data.ranked_prompts'] * K;
  // Validation and held-out rankings add two fifths of the completions; all are scored at the end.
  const rankedAll = ranked * 1.4;
  const ptx = s['ppo.ptx_coef'] > 0 ? s['ppo.ptx_ratio'] : 0;
  const trained =
    s['base.tokens'] +
    sft +
    ranked * s['reward.epochs'] * T +
    // Policy and value, and the corpus windows beside them.
    s['ppo.episodes'] * s['ppo.inner_epochs'] * T * (2 + ptx);
  // Policy, reference, value and reward model look at every response.
  const passed = (rankedAll + 4 * s['ppo.episodes']) * T;
  const sampled = (rankedAll + s['ppo.episodes'] + 5 * s['evaluate.prompts']) * R;
  return rates.train * (trained + FORWARD * passed) + rates.sample * sampled;
}

/** Rates that were measured, kept between visits beside the experiments. */
export class Stopwatch {
  private readonly known = new Map<string, Promise<Rates | null>>();

  constructor(private readonly store: Store) {}

  /**
   * The rates of these sizes on this adapter; null where they are not known and cannot be measured
   * now, as `gpu` is null or busy.
   */
  async rates(s: Readonly<Settings>, gpu: Gpu | null, adapter: string): Promise<Rates | null> {
    const sizes = [...Object.values(configOf(s)), s['base.batch'], s['ppo.batch']];
    if (s['base.accumulate'] > 1) sizes.push(s['base.accumulate']);
    const part = `${adapter} ${sizes.join(' ')}`;
    const stored = await this.store.get<Rates>('rates', part);
    if (stored) return stored;
    if (!gpu) return (await this.known.get(part)) ?? null;
    let measured = this.known.get(part);
    if (!measured) {
      measured = this.measure(s, gpu, part);
      this.known.set(part, measured);
    }
    return measured;
  }

  private async measure(s: Readonly<Settings>, gpu: Gpu, part: string): Promise<Rates | null> {
    // One at a time: two on one adapter would time each other.
    await Promise.all(this.known.values());
    try {
      const rates = await measureRates(gpu, s);
      await this.store.write('rates', { put: { [part]: rates } });
      return rates;
    } catch {
      // A model that does not fit has no time; making the experiment says why.
      return null;
    }
  }
}
