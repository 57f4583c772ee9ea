/**
 * Decoding one token for each of B sequences, wholly on the GPU. `tokens` [B, T] holds prompt and
 * response, `pos` [B] the position of the last known token of each sequence; the sampler appends
 * and advances, so the same tape replayed R times decodes R tokens. `rows` [B] lists the sequences
 * that still run, 0xffffffff past the last of them: row r of whatever is decoded is that of sequence
 * rows[r], and what has ended costs nothing. The linear layers are in decode_linear.ts.
 */

import attentionDecodeCode from '../../shaders/attention_decode.wgsl?raw';
import attentionDecodeX4Code from '../../shaders/attention_decode_x4.wgsl?raw';
import decodeCompactCode from '../../shaders/decode_compact.wgsl?raw';
import decodeEmbeddingCode from '../../shaders/decode_embedding.wgsl?raw';
import kvStoreCode from '../../shaders/kv_store.wgsl?raw';
import sampleTokenCode from '../../shaders/sample_token.wgsl?raw';
import { defineKernel, flatGrid, groups, inout, input, output } from '../gpu/kernel';
import { lanes } from './workgroup';

/** rows = the sequences b with done[b] = 0, in order, then 0xffffffff. */
export const decodeCompact = defineKernel({
  name: 'decode_compact',
  code: decodeCompactCode,
  params: { B: 'u32' },
  bindings: { done: input('B', 'u32'), rows: output('B', 'u32') },
  constants: { WG: 64 },
  grid: () => [1],
});

/** out[r] = wte[tokens[b, pos[b]]] + wpe[pos[b]], b = rows[r]. */
export const decodeEmbedding = defineKernel({
  name: 'decode_embedding',
  code: decodeEmbeddingCode,
  params: { B: 'u32', T: 'u32', C: 'u32', V: 'u32', P: 'u32' },
  bindings: {
    rows: input('B', 'u32'),
    tokens: input('B, T', 'i32'),
    pos: input('B', 'u32'),
    wte: input('V, C'),
    wpe: input('P, C'),
    out: output('B, C'),
  },
  constants: { WG: 64 },
  grid: ({ B }, c) => [groups(B, c.WG / lanes(c.WG))],
});

/** Copies k|v of the prompt's qkv [B·S, 3C] into the first S rows of each sequence's cache [B, T, 2C]. */
export const kvStore = defineKernel({
  name: 'kv_store',
  code: kvStoreCode,
  params: { B: 'u32', S: 'u32', T: 'u32', C: 'u32' },
  bindings: { qkv: input('B*S, 3*C'), cache: inout('B, T, 2*C') },
  constants: { WG: 64 },
  grid: ({ B, S }, c) => flatGrid(groups(B * S, c.WG / lanes(c.WG))),
});

const decodeTable = {
  params: { B: 'u32', T: 'u32', H: 'u32', D: 'u32' },
  bindings: {
    rows: input('B', 'u32'),
    qkv: input('B, 3*H*D'),
    pos: input('B', 'u32'),
    cache: inout('B, T, 2*H*D'),
    out: output('B, H*D'),
  },
} as const;

/** Stores the new k|v of rows[r] = b at pos[b] and attends over positions 0…pos[b]. */
export const attentionDecode = defineKernel({
  ...decodeTable,
  name: 'attention_decode',
  code: attentionDecodeCode,
  constants: { D4: 4, WG: 64 },
  grid: ({ B, H }, c) => [groups(B * H, c.WG)],
});

/** The same with four keys at a time, D at most 64. */
export const attentionDecodeX4 = defineKernel({
  ...decodeTable,
  name: 'attention_decode_x4',
  code: attentionDecodeX4Code,
  constants: { D4: 4, WG: 8 },
  grid: ({ B, H }, c) => [groups(B * H, c.WG)],
});

/**
 * Draws the next token of each sequence b = rows[r] from softmax(logits/temperature), whose rows begin
 * at multiples of four numbers, cut to the
 * top_k most likely (0: all) and then to the smallest set with mass top_p (1: all); temperature 0
 * takes the arg max. The draw is inverse-CDF in token order with the Philox uniform of
 * key = step[0..1], counter = (step[2] + b, pos[b] + 1, 0, 0). `logprobs` [B, R] gets
 * log softmax(logits/temperature) of the drawn token before any cut (temperature 0: of logits).
 * A sequence that draws `eot` (with stop_at_eot), fills R or reaches T − 1 sets done[b];
 * a done sequence stands still. length[b] counts response tokens, the end-of-text included.
 */
export const sampleToken = defineKernel({
  name: 'sample_token',
  code: sampleTokenCode,
  params: {
    B: 'u32',
    V: 'u32',
    T: 'u32',
    R: 'u32',
    temperature: 'f32',
    top_k: 'u32',
    top_p: 'f32',
    eot: 'i32',
    stop_at_eot: 'u32',
  },
  bindings: {
    rows: input('B', 'u32'),
    logits: input('B, ceil4(V)'),
    step: input('4', 'u32'),
    tokens: inout('B, T', 'i32'),
    pos: inout('B', 'u32'),
    done: inout('B', 'u32'),
    length: inout('B', 'u32'),
    logprobs: inout('B, R'),
  },
  constants: { WG: 64 },
  grid: ({ B }, c) => [groups(B, c.WG / lanes(c.WG))],
});
