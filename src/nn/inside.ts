/**
 * Looking inside one forward pass: the attention weights of every head, and what the head makes of
 * the residual stream after each block (the logit lens, nostalgebraist 2020): x_l through ln_f and
 * the tied head, as if the blocks after l were not there.
 *
 * One sequence, recorded for its own length, run once and freed.
 */
import type { Gpu, View } from '../gpu/device';
import { read } from '../gpu/readback';
import { real, type Slot, type Temp } from '../gpu/slots';
import { Tape } from '../gpu/tape';
import { attentionProbabilities, topTokens } from '../kernels/inside';
import { crossEntropyForward } from '../kernels/loss';
import { scoreForward } from '../kernels/rlhf';
import { matmul, rowWorkgroup, workgroup } from './choice';
import { recordTrunk } from './gpt';
import { recordNorm } from './norm';
import type { Weights } from './weights';

/** Everything of T positions; layers L, heads H, depths L+1 (the embedding, then each block). */
export interface Inside {
  /** [L,H,T,T] attention weights, query by key; 0 after the query. */
  readonly attention: Float32Array<ArrayBuffer>;
  /** A language model's next tokens; null for a model with a score head. */
  readonly lens: {
    /** [L+1,T,K] most likely next tokens, and their log-probabilities. */
    readonly ids: Int32Array<ArrayBuffer>;
    readonly logprobs: Float32Array<ArrayBuffer>;
    /** [L+1,T] log-probability of the token that does follow; 0 at the last position. */
    readonly next: Float32Array<ArrayBuffer>;
    /** [T,V] at the last depth. */
    readonly logits: Float32Array<ArrayBuffer>;
  } | null;
  /** [L+1,T] a score model's number after each token; null for a language model. */
  readonly scores: Float32Array<ArrayBuffer> | null;
}

interface Depth {
  readonly logits: Temp;
  readonly ids: Temp;
  readonly values: Temp;
  readonly logprob: Temp;
  readonly lse: Temp;
}

/** @param K next tokens that are kept at each depth and position */
export async function lookInside(
  gpu: Gpu,
  weights: Weights,
  ids: Int32Array,
  K: number,
): Promise<Inside> {
  const { head, config } = weights.layout;
  const { n_layer: L, n_head: H, n_embd: C, vocab_size: V } = config;
  const T = ids.length;
  const tape = new Tape(gpu, 'look inside');
  const views: View[] = [];
  const upload = (label: string, values: Int32Array) => {
    const view = gpu.upload(label, values);
    views.push(view);
    return view;
  };
  try {
    const input = upload('inside ids', ids);
    const trunk = recordTrunk(gpu, tape, weights, input, 1, T);
    const probs = trunk.blocks.map(({ qkv, lse }, layer) => {
      const out = tape.temp(`probs ${layer}`, H * T * T);
      tape.dispatch(
        attentionProbabilities,
        { B: 1, T, H, D: C / H },
        { qkv, lse, probs: out },
        workgroup(gpu, attentionProbabilities),
      );
      return out;
    });
    // The residual stream that each block reads, and the one that the last leaves.
    const streams: Slot[] = [...trunk.blocks.map(({ norm1 }) => norm1.x), trunk.norm.x];
    const hidden = streams.map(
      (x) => recordNorm(gpu, tape, weights, 'transformer.ln_f', x, T).out as Slot,
    );
    const finish = async (kept: readonly Temp[]) => {
      tape.keep(...kept);
      await tape.finish();
      tape.run();
      return read(gpu, ...kept.map(real));
    };
    if (head === 'score') {
      const scores = hidden.map((h, depth) => recordScore(gpu, tape, weights, h, T, depth));
      const bytes = await finish([...probs, ...scores]);
      return {
        attention: new Float32Array(joined(bytes.slice(0, L), H * T * T)),
        lens: null,
        scores: new Float32Array(joined(bytes.slice(L), T)),
      };
    }
    const follows = upload(
      'inside targets',
      Int32Array.from(ids, (_, t) => ids[t + 1] ?? -100),
    );
    const depths = hidden.map((h, depth) =>
      recordDepth(gpu, tape, weights, h, follows, { T, K, depth }),
    );
    const last = depths.at(-1)!.logits;
    const each = (name: keyof Depth) => depths.map((depth) => depth[name]);
    const groups = [probs, each('ids'), each('values'), each('logprob'), each('lse'), [last]];
    const bytes = await finish(groups.flat());
    const parts = groups.map((group) => bytes.splice(0, group.length));
    const logprobs = new Float32Array(joined(parts[2]!, T * K));
    const lse = new Float32Array(joined(parts[4]!, T));
    for (let i = 0; i < logprobs.length; i++) logprobs[i]! -= lse[Math.floor(i / K)]!;
    return {
      attention: new Float32Array(joined(parts[0]!, H * T * T)),
      lens: {
        ids: new Int32Array(joined(parts[1]!, T * K)),
        logprobs,
        next: new Float32Array(joined(parts[3]!, T)),
        logits: new Float32Array(parts[5]![0]!, 0, T * V),
      },
      scores: null,
    };
  } finally {
    tape.free();
    gpu.free(...views);
  }
}

/** Records the tied head on one depth's hidden states [T,C]. */
function recordDepth(
  gpu: Gpu,
  tape: Tape,
  weights: Weights,
  hidden: Slot,
  targets: View,
  { T, K, depth }: { T: number; K: number; depth: number },
): Depth {
  const { n_embd: C, vocab_size: V } = weights.layout.config;
  const temp = (label: string, size: number) => tape.temp(`${label} ${depth}`, size);
  const made = {
    logits: temp('logits', T * V),
    ids: temp('ids', T * K),
    values: temp('values', T * K),
    logprob: temp('logprob', T),
    lse: temp('lse', T),
  };
  const { logits, ids, values, logprob, lse } = made;
  matmul(
    gpu,
    tape,
    'nt',
    { M: T, N: V, K: C },
    { a: hidden, b: weights.tensor('transformer.wte.weight'), out: logits },
  );
  tape.dispatch(
    topTokens,
    { N: T, V, K },
    { logits, ids, values },
    rowWorkgroup(gpu, topTokens, K * V),
  );
  tape.dispatch(
    crossEntropyForward,
    { N: T, V, inv_temperature: 1 },
    { logits, targets, logprob, lse, entropy: temp('entropy', T) },
    workgroup(gpu, crossEntropyForward),
  );
  return made;
}

function recordScore(
  gpu: Gpu,
  tape: Tape,
  weights: Weights,
  h: Slot,
  T: number,
  depth: number,
): Temp {
  const score = tape.temp(`score ${depth}`, T);
  tape.dispatch(
    scoreForward,
    { N: T, C: weights.layout.config.n_embd },
    { h, weight: weights.tensor('score.weight'), score },
    workgroup(gpu, scoreForward),
  );
  return score;
}

/** The first `size` four-byte values of each buffer, side by side. */
function joined(buffers: readonly ArrayBuffer[], size: number): ArrayBuffer {
  const all = new Uint8Array(buffers.length * size * 4);
  buffers.forEach((bytes, i) => {
    all.set(new Uint8Array(bytes, 0, size * 4), i * size * 4);
  });
  return all.buffer;
}
