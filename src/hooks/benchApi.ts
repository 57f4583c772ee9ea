/** What `/bench.html` offers: requests and answers as CONTRACT.md names them. */

export interface BenchConfig {
  readonly n_layer: number;
  readonly n_embd: number;
  readonly n_head: number;
  readonly vocab_size: number;
  readonly n_positions: number;
  /** Sequences at once. */
  readonly batch: number;
}

/** Weights by Hugging Face's names. */
export type NamedWeights = Readonly<Record<string, Float32Array>>;

/** Totals of one call, counted in the worker. */
export interface Counts {
  readonly dispatches: number;
  readonly submits: number;
  readonly readbacks: number;
}

export interface TrainRequest {
  readonly config: BenchConfig;
  readonly weights: NamedWeights;
  /** [batch · n_positions], the same at every step. */
  readonly inputIds: Int32Array;
  /** Likewise; −100 is ignored. */
  readonly targets: Int32Array;
  readonly steps: number;
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Acts on every tensor here. */
  readonly weight_decay: number;
  /** 0 is off. */
  readonly max_grad_norm: number;
  /** `step`: a step ends when its loss is back in JavaScript. `end`: all steps are queued first. */
  readonly drain: 'step' | 'end';
}

export interface TrainAnswer extends Counts {
  readonly losses: number[];
  /** Each step's time with `drain: 'step'`, else empty. */
  readonly stepMs: number[];
  /** From the first step queued until the last loss is back. */
  readonly blockMs: number;
  /** JavaScript's own time to queue a step, the mean; with `drain: 'step'` the waits are in it. */
  readonly jsMs: number;
  readonly bindGroups: number;
  /** GPU memory of all buffers of the call. */
  readonly bytes: number;
}

export interface SampleRequest {
  readonly config: BenchConfig;
  readonly weights: NamedWeights;
  /** [batch · promptLength]. */
  readonly prompts: Int32Array;
  readonly promptLength: number;
  readonly newTokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  /** 0 is off. */
  readonly top_k: number;
  readonly seed: number;
}

export interface SampleAnswer extends Counts {
  /** [batch · newTokens]. */
  readonly tokens: Int32Array;
  /** Log-probability of each at the sampling temperature, [batch · newTokens]. */
  readonly logprobs: Float32Array;
  /** From the prompts' upload until the tokens are back. */
  readonly ms: number;
}

export interface ScoreRequest {
  readonly config: BenchConfig;
  readonly weights: NamedWeights;
  /** [batch · n_positions]. */
  readonly inputIds: Int32Array;
}

export interface BenchApi {
  trainBench(request: TrainRequest): Promise<TrainAnswer>;
  sampleBench(request: SampleRequest): Promise<SampleAnswer>;
  /** @returns log-probability of each next token, [batch · (n_positions − 1)] */
  scoreTokens(request: ScoreRequest): Promise<{ logprobs: Float32Array }>;
}
