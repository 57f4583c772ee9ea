/**
 * Whole training and sampling steps on given weights and ids, measured and counted where the GPU
 * is: the very trainer and sampler of the lab, without its data, schedules and checkpoints.
 */
import type { Gpu, GpuCounters } from '../gpu/device';
import { openGpu } from '../kernels/trust';
import { arenaFrom, layoutOf } from '../nn/layout';
import { Sampler } from '../nn/sampler';
import { LmTrainer } from '../nn/trainer';
import { Weights } from '../nn/weights';
import { LmEvaluator } from '../rlhf/losses';
import type {
  BenchApi,
  BenchConfig,
  NamedWeights,
  SampleAnswer,
  SampleRequest,
  ScoreRequest,
  TrainAnswer,
  TrainRequest,
} from './benchApi';
import { checkConfig, checkCount, checkIds } from './benchChecks';

/** No pad or end-of-text: an id that no sequence has. */
const NONE = -1;

export class BenchRunner implements BenchApi {
  private opened: Promise<Gpu> | undefined;
  /** Calls run one after another, so that counts and times are each one's own. */
  private last: Promise<unknown> = Promise.resolve();

  private gpu(): Promise<Gpu> {
    this.opened ??= openGpu();
    return this.opened;
  }

  /** Gives `use` the weights on the GPU, alone. @throws what the GPU reported meanwhile, too */
  private withWeights<Answer>(
    config: BenchConfig,
    named: NamedWeights,
    use: (gpu: Gpu, weights: Weights) => Promise<Answer>,
  ): Promise<Answer> {
    const turn = this.last.then(async () => {
      checkConfig(config);
      const layout = layoutOf(config, 'lm');
      const floats = arenaFrom(layout, named);
      const gpu = await this.gpu();
      const faults: string[] = [];
      gpu.onError = (message) => faults.push(message.split('\n')[0]!);
      const weights = Weights.from(gpu, layout, 'weights', floats);
      const [outcome] = await Promise.allSettled([use(gpu, weights)]);
      gpu.free(weights.arena);
      if (gpu.failure) this.opened = undefined;
      if (faults.length > 0) throw new Error(faults[0]);
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    this.last = turn.catch(() => {});
    return turn;
  }

  trainBench(request: TrainRequest): Promise<TrainAnswer> {
    const { config, steps, lr, drain } = request;
    return this.withWeights(config, request.weights, async (gpu, weights) => {
      const { batch: B, n_positions: T, vocab_size: V } = config;
      checkCount('steps', steps);
      checkIds('inputIds', request.inputIds, B * T, V);
      checkIds('targets', request.targets, B * T, V, -100);
      const ids = { inputIds: request.inputIds, targets: request.targets };
      const before = startCounting(gpu);
      const losses: number[] = [];
      const trainer = await LmTrainer.make(
        gpu,
        weights,
        {
          B,
          T,
          dropout: 0,
          seed: 0,
          metricsEvery: drain === 'step' ? 1 : steps,
          adamw: {
            beta1: request.beta1,
            beta2: request.beta2,
            eps: request.eps,
            weightDecay: request.weight_decay,
            maxNorm: request.max_grad_norm,
            decayAll: true,
          },
        },
        ({ step, loss }) => {
          losses[step - 1] = loss;
        },
      );
      try {
        const stepMs: number[] = [];
        const begun = performance.now();
        for (let step = 1; step <= steps; step++) {
          const stepBegun = performance.now();
          trainer.queue(step, lr, ids);
          if (drain !== 'step') continue;
          await trainer.drain();
          stepMs.push(performance.now() - stepBegun);
        }
        const jsMs = (performance.now() - begun) / steps;
        await trainer.drain();
        const blockMs = performance.now() - begun;
        const { bindGroups } = gpu.counters;
        return {
          losses,
          stepMs,
          blockMs,
          jsMs,
          ...countsSince(gpu, before),
          bindGroups: bindGroups - before.bindGroups,
          bytes: gpu.counters.peakBytes,
        };
      } finally {
        trainer.free();
      }
    });
  }

  sampleBench(request: SampleRequest): Promise<SampleAnswer> {
    const { config, prompts, promptLength: P, newTokens: R } = request;
    return this.withWeights(config, request.weights, async (gpu, weights) => {
      const { batch: B, vocab_size: V } = config;
      checkCount('promptLength', P);
      checkCount('newTokens', R);
      checkIds('prompts', prompts, B * P, V);
      const before = startCounting(gpu);
      const sampler = await Sampler.make(gpu, weights, {
        B,
        P,
        R,
        temperature: request.temperature,
        topK: request.top_k,
        topP: 1,
        eot: NONE,
        pad: 0,
        stopAtEot: false,
      });
      try {
        const rows = Array.from({ length: B }, (_, b) => prompts.subarray(b * P, (b + 1) * P));
        const begun = performance.now();
        sampler.start(rows, request.seed, 0);
        const sampled = await sampler.finish();
        const ms = performance.now() - begun;
        const tokens = new Int32Array(B * R);
        for (let b = 0; b < B; b++) {
          const from = b * sampler.T + P;
          tokens.set(sampled.tokens.subarray(from, from + R), b * R);
        }
        return { tokens, logprobs: sampled.logprobs, ms, ...countsSince(gpu, before) };
      } finally {
        sampler.free();
      }
    });
  }

  scoreTokens({ config, weights: named, inputIds }: ScoreRequest) {
    return this.withWeights(config, named, async (gpu, weights) => {
      const { batch: B, n_positions: T, vocab_size: V } = config;
      checkIds('inputIds', inputIds, B * T, V);
      const targets = new Int32Array(B * T).fill(-100);
      for (let n = 0; n < B * T; n++) {
        if ((n + 1) % T !== 0) targets[n] = inputIds[n + 1]!;
      }
      const evaluator = await LmEvaluator.make(gpu, weights, B, T);
      try {
        const all = await evaluator.logprobs({ inputIds, targets });
        return { logprobs: all.filter((_, n) => (n + 1) % T !== 0) };
      } finally {
        evaluator.free();
      }
    });
  }
}

/** The totals so far; the peak of the memory begins anew. */
function startCounting(gpu: Gpu): GpuCounters {
  gpu.counters.peakBytes = gpu.counters.bytes;
  return { ...gpu.counters };
}

function countsSince({ counters }: Gpu, before: GpuCounters) {
  return {
    dispatches: counters.dispatches - before.dispatches,
    submits: counters.submits - before.submits,
    readbacks: counters.readbacks - before.readbacks,
  };
}
