/** A text as one of the experiment's models sees it: what the Look inside lens shows. */
import type { ModelName } from '../config/stages';
import { lookInside } from '../nn/inside';
import { layoutOf } from '../nn/layout';
import { Weights } from '../nn/weights';
import type { StageContext } from '../rlhf/context';
import type { Experiment } from './experiment';

/** Tokens T, layers L, heads H, vocabulary V; depths are the embedding and each of L blocks. */
export interface Inspection {
  readonly model: ModelName;
  /** The text's tokens as text, [T], and their ids. */
  readonly tokens: readonly string[];
  readonly ids: readonly number[];
  /** Tokens at the start that the context had no room for. */
  readonly leftOut: number;
  readonly layers: number;
  readonly heads: number;
  /** [L,H,T,T] attention weights, query by key. */
  readonly attention: Float32Array<ArrayBuffer>;
  /** Next tokens of a language model; null for reward and value. */
  readonly lens: {
    /** Tokens kept at each depth and position. */
    readonly K: number;
    /** [L+1,T,K] the likeliest next tokens and their log-probabilities. */
    readonly ids: Int32Array<ArrayBuffer>;
    readonly logprobs: Float32Array<ArrayBuffer>;
    /** [L+1,T] log-probability of the token that follows; 0 at the last position. */
    readonly next: Float32Array<ArrayBuffer>;
    /** [T,V] logits of the whole model. */
    readonly logits: Float32Array<ArrayBuffer>;
    /** The text of every token in `ids`. */
    readonly names: Readonly<Record<number, string>>;
  } | null;
  /** [L+1,T] reward or value after each token; null for a language model. */
  readonly scores: Float32Array<ArrayBuffer> | null;
}

export interface InspectRequest {
  readonly model: ModelName;
  /** May hold `<|endoftext|>`. */
  readonly text: string;
}

/** Next tokens that are kept at each depth and position. */
const KEPT = 12;
/** Longest text: its attention maps still fit a screen. */
const MOST_TOKENS = 256;

/** @throws when the text has no token */
export async function inspect(
  ctx: StageContext,
  experiment: Experiment,
  { model, text }: InspectRequest,
): Promise<Inspection> {
  const floats = experiment.model(model);
  const all = ctx.tokenizer.encode(text, { allowSpecial: true });
  const ids = all.slice(-Math.min(MOST_TOKENS, ctx.model.n_positions));
  if (ids.length === 0) throw new Error('The text is empty; write something to look inside.');
  const layout = layoutOf(ctx.model, model === 'reward' || model === 'value' ? 'score' : 'lm');
  const weights = Weights.from(ctx.gpu, layout, model, floats);
  try {
    const K = Math.min(KEPT, ctx.model.vocab_size);
    const { attention, lens, scores } = await lookInside(ctx.gpu, weights, Int32Array.from(ids), K);
    const textOf = (id: number) => ctx.tokenizer.decode([id]);
    return {
      model,
      tokens: ids.map(textOf),
      ids,
      leftOut: all.length - ids.length,
      layers: ctx.model.n_layer,
      heads: ctx.model.n_head,
      attention,
      lens: lens && {
        K,
        ...lens,
        names: Object.fromEntries([...new Set(lens.ids)].map((id) => [id, textOf(id)])),
      },
      scores,
    };
  } finally {
    ctx.gpu.free(weights.arena);
  }
}

/** The arrays of an inspection, for transfer between threads. */
export function buffersOf({ attention, lens, scores }: Inspection): ArrayBuffer[] {
  const ofLens = lens ? [lens.ids, lens.logprobs, lens.next, lens.logits] : [];
  return [attention, ...ofLens, ...(scores ? [scores] : [])].map(({ buffer }) => buffer);
}
