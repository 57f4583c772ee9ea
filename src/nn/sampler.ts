/**
 * Sampling on the GPU: the prompts go through the trunk at once and leave their keys and values in
 * a cache; then one tape decodes a token for every sequence, replayed until the limit. Nothing is
 * read back before the end.
 */
import type { Gpu, View } from '../gpu/device';
import { read } from '../gpu/readback';
import type { Scratch } from '../gpu/scratch';
import { part, type Slot } from '../gpu/slots';
import { Tape } from '../gpu/tape';
import { sampleIterations } from '../kernels/decode_choice';
import { decodeCompact, decodeEmbedding, kvStore, sampleToken } from '../kernels/sampling';
import { attention, decodeAttention, rowWorkgroup, workgroup } from './choice';
import { type DecodedLinear, type Decoding, decodedLinear, decodedLogits } from './decoded_linear';
import { recordEmbedding, recordMlp } from './gpt';
import { HalfWeights } from './half_weights';
import { linearForward } from './linear';
import { recordNorm } from './norm';
import type { Weights } from './weights';

export interface SamplerOptions {
  /** Sequences sampled at once. */
  readonly B: number;
  /** Longest prompt, in tokens. */
  readonly P: number;
  /** Most response tokens, end-of-text included. */
  readonly R: number;
  readonly temperature: number;
  /** Only the k most likely tokens; 0 is all. */
  readonly topK: number;
  /** Only the smallest set of tokens with this mass; 1 is all. */
  readonly topP: number;
  readonly eot: number;
  readonly pad: number;
  /** Whether drawing `eot` ends a response. */
  readonly stopAtEot: boolean;
}

export interface Sampled {
  /** Prompt and response, then padding; [B, T]. */
  readonly tokens: Int32Array;
  /** Response tokens of each sequence, end-of-text included; [B]. */
  readonly lengths: Int32Array;
  /** Log-probability of each response token at the sampling temperature; [B, R]. */
  readonly logprobs: Float32Array;
}

/** Rows of prompts that go through the trunk at once, at least 64 prompts. */
const PREFILL_ROWS = 4096;

/** Decode steps in one submit: short enough for any watchdog. */
const TOKENS_A_SUBMIT = 16;

export class Sampler {
  /** Positions of a sequence: prompt and response. */
  readonly T: number;
  /** [B, T] token ids, prompt and response, i32. */
  readonly tokens: View;
  private readonly length: View;
  private readonly logprobs: View;
  private readonly pos: View;
  private readonly done: View;
  /** The sequence of each decoded row; 0xffffffff past the last one that runs. */
  private readonly rows: View;
  private readonly seed: View;
  private readonly prompts: View;
  private readonly caches: View[];
  private readonly prefill: Tape;
  private readonly decode: Tape;
  private readonly halves: HalfWeights;

  private constructor(
    private readonly gpu: Gpu,
    private readonly weights: Weights,
    readonly options: SamplerOptions,
    scratch?: Scratch,
  ) {
    const { B, P, R } = options;
    const { n_layer, n_embd: C, n_positions } = weights.layout.config;
    this.T = P + R;
    if (this.T > n_positions) {
      throw new Error(
        `a prompt of ${P} and a response of ${R} tokens exceed the model's ${n_positions} positions`,
      );
    }
    this.tokens = gpu.alloc('sampled tokens', B * this.T * 4);
    this.length = gpu.alloc('response lengths', B * 4);
    this.logprobs = gpu.alloc('sampled logprobs', B * R * 4);
    this.pos = gpu.alloc('positions', B * 4);
    this.done = gpu.alloc('done', B * 4);
    this.rows = gpu.alloc('running', B * 4);
    this.seed = gpu.alloc('sampling seed', 16);
    this.prompts = gpu.alloc('prompts', B * P * 4);
    this.caches = Array.from({ length: n_layer }, (_, layer) =>
      gpu.alloc(`kv cache ${layer}`, B * this.T * 2 * C * 4),
    );
    this.prefill = new Tape(gpu, 'prefill', scratch);
    this.decode = new Tape(gpu, 'decode', scratch, true);
    this.halves = new HalfWeights(gpu, this.prefill);
  }

  /** @param scratch for the temporaries of its tapes, shared with tapes that run at other times */
  static async make(
    gpu: Gpu,
    weights: Weights,
    options: SamplerOptions,
    scratch?: Scratch,
  ): Promise<Sampler> {
    const sampler = new Sampler(gpu, weights, options, scratch);
    const { B, P } = options;
    // Multiples of 64 sequences, so that every part of a buffer starts at a multiple of 256 bytes.
    const most = Math.max(64, Math.floor(PREFILL_ROWS / P / 64) * 64);
    for (let from = 0; from < B; from += most) {
      sampler.recordPrefill(from, Math.min(most, B - from));
    }
    sampler.recordDecode();
    try {
      await Promise.all([sampler.prefill.finish(), sampler.decode.finish()]);
      return sampler;
    } catch (cause) {
      sampler.free();
      throw cause;
    }
  }

  /** The trunk over B prompts from number `from` on, up to the last block's keys and values. */
  private recordPrefill(from: number, B: number): void {
    const { gpu, weights, options, prefill: tape } = this;
    const { P } = options;
    const { n_layer, n_embd: C, n_head: H } = weights.layout.config;
    const N = B * P;
    const cacheRow = this.T * 2 * C * 4;
    const prompts = part(this.prompts, from * P * 4, N * 4);
    let x: Slot = recordEmbedding(gpu, tape, weights, prompts, { B, T: P });
    for (let layer = 0; layer < n_layer; layer++) {
      const h = `transformer.h.${layer}`;
      const norm = recordNorm(gpu, tape, weights, `${h}.ln_1`, x, N);
      const qkv = linearForward(gpu, tape, weights, `${h}.attn.c_attn`, norm.out, N);
      tape.dispatch(
        kvStore,
        { B, S: P, T: this.T, C },
        { qkv, cache: part(this.caches[layer]!, from * cacheRow, B * cacheRow) },
        workgroup(gpu, kvStore),
      );
      if (layer === n_layer - 1) break;
      const attended = tape.temp('attended', N * C);
      const { forward, constants } = attention(gpu, { N, H, D: C / H });
      tape.dispatch(
        forward,
        { B, T: P, H, D: C / H },
        { qkv, out: attended, lse: tape.temp('lse', B * H * P) },
        constants,
      );
      const between = linearForward(gpu, tape, weights, `${h}.attn.c_proj`, attended, N, {
        residual: x,
      });
      x = recordMlp(gpu, tape, weights, h, between, N).out;
    }
  }

  /** One token for each sequence that still runs. */
  private recordDecode(): void {
    const { gpu, weights, halves, options, decode: tape, tokens, pos, rows, done, T } = this;
    const { B, R } = options;
    const { n_layer, n_embd: C, n_head: H, vocab_size: V, n_positions } = weights.layout.config;
    const of = (name: string) => weights.tensor(`transformer.${name}`);
    tape.dispatch(decodeCompact, { B }, { done, rows }, workgroup(gpu, decodeCompact));
    const embedded = tape.temp('embedded', B * C);
    tape.dispatch(
      decodeEmbedding,
      { B, T, C, V, P: n_positions },
      { rows, tokens, pos, wte: of('wte.weight'), wpe: of('wpe.weight'), out: embedded },
      workgroup(gpu, decodeEmbedding),
    );
    const decoding = { rows, B, halves };
    const linear = (name: string, x: Slot, parts: Omit<DecodedLinear, keyof Decoding> = {}) =>
      decodedLinear(gpu, tape, weights, `transformer.${name}`, x, { ...decoding, ...parts });
    let x: Slot = embedded;
    for (let layer = 0; layer < n_layer; layer++) {
      const h = `h.${layer}`;
      const qkv = linear(`${h}.attn.c_attn`, x, { norm: `${h}.ln_1` });
      const attended = tape.temp('attended', B * C);
      const { decode, constants } = decodeAttention(gpu, C / H);
      tape.dispatch(
        decode,
        { B, T, H, D: C / H },
        { rows, qkv, pos, cache: this.caches[layer]!, out: attended },
        constants,
      );
      const between = linear(`${h}.attn.c_proj`, attended, { residual: x });
      const activated = linear(`${h}.mlp.c_fc`, between, { norm: `${h}.ln_2`, gelu: true });
      x = linear(`${h}.mlp.c_proj`, activated, { residual: between });
    }
    const logits = decodedLogits(gpu, tape, weights, x, decoding);
    tape.dispatch(
      sampleToken,
      {
        B,
        V,
        T,
        R,
        temperature: options.temperature,
        top_k: options.topK,
        top_p: options.topP,
        eot: options.eot,
        stop_at_eot: options.stopAtEot ? 1 : 0,
      },
      {
        rows,
        logits,
        step: this.seed,
        tokens,
        pos,
        done,
        length: this.length,
        logprobs: this.logprobs,
      },
      rowWorkgroup(gpu, sampleToken, sampleIterations(V, options.topK, options.topP)),
    );
  }

  /**
   * Queues a response to each prompt; the result stays in `tokens`.
   * @param prompts at most B; missing ones are sampled from a lone end-of-text and mean nothing
   * @param seed of the whole run
   * @param sequence number of the first sequence; (seed, sequence, position) fixes every draw
   */
  start(prompts: readonly ArrayLike<number>[], seed: number, sequence: number): void {
    const { gpu, options, T } = this;
    const { B, P, R, pad, eot } = options;
    const tokens = new Int32Array(B * T).fill(pad);
    const heads = new Int32Array(B * P).fill(pad);
    const pos = new Uint32Array(B);
    for (let b = 0; b < B; b++) {
      const prompt = prompts[b] ?? [eot];
      if (prompt.length < 1 || prompt.length > P) {
        throw new Error(`prompt ${b} has ${prompt.length} tokens; 1 to ${P} are wanted`);
      }
      tokens.set(prompt, b * T);
      heads.set(prompt, b * P);
      pos[b] = prompt.length - 1;
    }
    gpu.write(this.tokens, tokens);
    gpu.write(this.prompts, heads);
    gpu.write(this.pos, pos);
    gpu.write(this.done, new Uint32Array(B));
    gpu.write(this.length, new Uint32Array(B));
    gpu.write(this.logprobs, new Float32Array(B * R));
    gpu.write(this.seed, new Uint32Array([seed, 0x5a3b1, sequence, 0]));
    this.prefill.run();
    for (let left = R; left > 0; left -= TOKENS_A_SUBMIT) {
      this.decode.run(Math.min(left, TOKENS_A_SUBMIT));
    }
  }

  /** Reads the responses of the last `start`. */
  async finish(): Promise<Sampled> {
    const { B, R } = this.options;
    const [tokens, lengths, logprobs] = await read(
      this.gpu,
      this.tokens,
      this.length,
      this.logprobs,
    );
    return {
      tokens: new Int32Array(tokens!, 0, B * this.T),
      lengths: new Int32Array(lengths!, 0, B),
      logprobs: new Float32Array(logprobs!, 0, B * R),
    };
  }

  /** The tape of one decoded token, for the profiler. */
  get recorded(): Tape {
    return this.decode;
  }

  free(): void {
    this.prefill.free();
    this.decode.free();
    this.halves.free();
    const { tokens, length, logprobs, pos, done, rows, seed, prompts } = this;
    this.gpu.free(tokens, length, logprobs, pos, done, rows, seed, prompts, ...this.caches);
  }
}
