/**
 * GPT-2's trunk, recorded onto a tape: from token ids to the hidden states behind the last
 * LayerNorm, and back from their gradient to every parameter's.
 *
 *   x₀ = wte[ids] + wpe                                         [N, C], N = B·T
 *   x ← x + dropout(c_proj(attention(c_attn(ln_1(x)))))         for each of L blocks
 *   x ← x + dropout(c_proj(gelu(c_fc(ln_2(x)))))
 *   hidden = ln_f(x)
 *
 * The backward pass needs what each block computed. Where that is more than `KEPT_BYTES`, only each
 * block's input is kept and the block is computed once more on the way back (Chen et al. 2016).
 *
 * Left out on purpose: the heads (heads.ts), the losses, any notion of a stage.
 */
import type { Gpu } from '../gpu/device';
import type { Slot, Temp } from '../gpu/slots';
import type { Tape } from '../gpu/tape';
import { attentionBackwardD } from '../kernels/attention';
import { embeddingBackward, embeddingForward, tokenSort } from '../kernels/embedding';
import { attention, workgroup } from './choice';
import { linearBackward, linearForward } from './linear';
import { type Norm, type NormEpilogue, recordNorm, recordNormBackward } from './norm';
import type { Weights } from './weights';

/** The multipliers of residual dropout of one block, [N, C] each. */
export interface DropoutMasks {
  readonly attn: Slot;
  readonly mlp: Slot;
}

/** Bytes of activations that are kept for the backward pass; beyond, blocks are recomputed. */
const KEPT_BYTES = 1024 * 1024 * 1024;

export interface TrunkOptions {
  /** One for each block in training with residual dropout. */
  readonly masks?: readonly DropoutMasks[] | undefined;
  /** Keep only each block's input; by default where the rest of a batch would exceed 1 GiB. */
  readonly recompute?: boolean;
  /** Rows of the batch that this is a part of, so that parts never keep more than the whole. */
  readonly batchRows?: number;
  /** Position of each token [B·T] in its own sequence, where a row holds several (packed_rows.ts). */
  readonly positions?: Slot | undefined;
}

/** B rows of T tokens. */
export interface Rows {
  readonly B: number;
  readonly T: number;
  readonly positions?: Slot | undefined;
}

/** The binding of rows that hold several sequences. */
const packed = (positions: Slot | undefined) => (positions ? { positions } : {});

interface Block {
  readonly x: Slot;
  readonly norm1: Norm;
  readonly qkv: Temp;
  readonly attended: Temp;
  readonly lse: Temp;
  readonly norm2: Norm;
  readonly pre: Temp;
  readonly activated: Temp;
  readonly masks: DropoutMasks | undefined;
}

/** What the backward pass needs of a forward pass. */
export interface Trunk {
  readonly ids: Slot;
  readonly B: number;
  readonly T: number;
  /** Undefined where a row is one sequence. */
  readonly positions: Slot | undefined;
  readonly blocks: readonly Block[];
  /** Whether `blocks` must be computed once more before their backward pass. */
  readonly recompute: boolean;
  readonly norm: Norm;
  /** ln_f's output [N, C]. */
  readonly hidden: Temp;
}

/** The first half of a block's MLP: pre-activation and activation [N, 4C] of ln_2(x). */
function recordActivation(gpu: Gpu, tape: Tape, weights: Weights, h: string, x: Slot, N: number) {
  const C = weights.layout.config.n_embd;
  const norm2 = recordNorm(gpu, tape, weights, `${h}.ln_2`, x, N);
  const pre = tape.temp(`${h}.pre`, N * 4 * C);
  const activated = linearForward(gpu, tape, weights, `${h}.mlp.c_fc`, norm2.out, N, { pre });
  return { norm2, pre, activated };
}

/** The feed-forward half of a block: x + mlp(ln_2(x)). */
export function recordMlp(
  gpu: Gpu,
  tape: Tape,
  weights: Weights,
  h: string,
  x: Slot,
  N: number,
  mask?: Slot,
) {
  const first = recordActivation(gpu, tape, weights, h, x, N);
  const out = linearForward(gpu, tape, weights, `${h}.mlp.c_proj`, first.activated, N, {
    residual: x,
    mask,
  });
  return { ...first, out };
}

/** The attention half of a block: x + attention(ln_1(x)), and what its backward pass needs. */
function recordAttention(
  gpu: Gpu,
  tape: Tape,
  weights: Weights,
  h: string,
  x: Slot,
  { B, T, positions }: Rows,
  mask?: Slot,
) {
  const { n_embd: C, n_head: H } = weights.layout.config;
  const N = B * T;
  const norm1 = recordNorm(gpu, tape, weights, `${h}.ln_1`, x, N);
  const qkv = linearForward(gpu, tape, weights, `${h}.attn.c_attn`, norm1.out, N);
  const attended = tape.temp(`${h}.attended`, N * C);
  const lse = tape.temp(`${h}.lse`, B * H * T);
  const { forward, constants } = attention(gpu, { N, H, D: C / H });
  tape.dispatch(
    forward,
    { B, T, H, D: C / H },
    { qkv, out: attended, lse, ...packed(positions) },
    { ...constants, PACKED: positions ? 1 : 0 },
  );
  const between = linearForward(gpu, tape, weights, `${h}.attn.c_proj`, attended, N, {
    residual: x,
    mask,
  });
  return { x, norm1, qkv, attended, lse, between };
}

/** Records the forward pass of ids [B, T]. */
export function recordTrunk(
  gpu: Gpu,
  tape: Tape,
  weights: Weights,
  ids: Slot,
  B: number,
  T: number,
  { masks, recompute, batchRows = B * T, positions }: TrunkOptions = {},
): Trunk {
  const { n_layer, n_embd: C } = weights.layout.config;
  const N = B * T;
  let x: Slot = recordEmbedding(gpu, tape, weights, ids, { B, T, positions });
  const blocks: Block[] = [];
  for (let layer = 0; layer < n_layer; layer++) {
    const h = `transformer.h.${layer}`;
    const mask = masks?.[layer];
    const attended = recordAttention(gpu, tape, weights, h, x, { B, T, positions }, mask?.attn);
    const mlp = recordMlp(gpu, tape, weights, h, attended.between, N, mask?.mlp);
    blocks.push({ ...attended, ...mlp, masks: mask });
    x = mlp.out;
  }
  const norm = recordNorm(gpu, tape, weights, 'transformer.ln_f', x, N);
  return {
    ids,
    B,
    T,
    positions,
    blocks,
    recompute: recompute ?? n_layer * batchRows * 16 * C * 4 > KEPT_BYTES,
    norm,
    hidden: norm.out,
  };
}

/** A block's forward pass once more, from its input to its activation: the same bits. */
function recordAgain(
  gpu: Gpu,
  tape: Tape,
  weights: Weights,
  h: string,
  { x, masks }: Block,
  trunk: Trunk,
): Block {
  const attended = recordAttention(gpu, tape, weights, h, x, trunk, masks?.attn);
  const N = trunk.B * trunk.T;
  const mlp = recordActivation(gpu, tape, weights, h, attended.between, N);
  return { ...attended, ...mlp, masks };
}

export function recordEmbedding(
  gpu: Gpu,
  tape: Tape,
  weights: Weights,
  ids: Slot,
  { B, T, positions }: Rows,
): Temp {
  const { n_embd: C, vocab_size: V, n_positions: P } = weights.layout.config;
  const out = tape.temp('embedded', B * T * C);
  tape.dispatch(
    embeddingForward,
    { N: B * T, T, C, V, P },
    {
      ids,
      wte: weights.tensor('transformer.wte.weight'),
      wpe: weights.tensor('transformer.wpe.weight'),
      out,
      ...packed(positions),
    },
    { ...workgroup(gpu, embeddingForward), PACKED: positions ? 1 : 0 },
  );
  return out;
}

/**
 * Records the backward pass: from dhidden [N, C] to all gradients of the trunk.
 * @param accumulate adds to what `grads` holds instead of replacing it
 * @param wteFilled the head has already put its share of the tied embedding's gradient there
 */
export function recordTrunkBackward(
  gpu: Gpu,
  tape: Tape,
  weights: Weights,
  grads: Weights,
  trunk: Trunk,
  dhidden: Slot,
  { accumulate, wteFilled }: { accumulate: boolean; wteFilled: boolean },
): void {
  const { n_embd: C, n_head: H, vocab_size: V, n_positions: P } = weights.layout.config;
  const { B, T, ids, positions } = trunk;
  const N = B * T;
  const ACCUMULATE = accumulate ? 1 : 0;

  const normBackward = (name: string, norm: Norm, dy: Slot, epilogue: NormEpilogue) =>
    recordNormBackward(gpu, tape, weights, grads, name, norm, dy, N, { ...epilogue, accumulate });
  const maskBelow = (layer: number) => trunk.blocks[layer - 1]?.masks?.mlp;
  let above = normBackward('transformer.ln_f', trunk.norm, dhidden, {
    mask: maskBelow(trunk.blocks.length),
  });
  for (let layer = trunk.blocks.length - 1; layer >= 0; layer--) {
    const h = `transformer.h.${layer}`;
    const kept = trunk.blocks[layer]!;
    const block = trunk.recompute ? recordAgain(gpu, tape, weights, h, kept, trunk) : kept;
    const back = (name: string, x: Slot, dy: Slot, pre?: Slot) =>
      linearBackward(gpu, tape, weights, grads, `${h}.${name}`, x, dy, N, { accumulate, pre });

    const dpre = back('mlp.c_proj', block.activated, above.dropped, block.pre);
    const dnorm2 = back('mlp.c_fc', block.norm2.out, dpre);
    const between = normBackward(`${h}.ln_2`, block.norm2, dnorm2, {
      residual: above.dx,
      mask: block.masks?.attn,
    });
    const dattended = back('attn.c_proj', block.attended, between.dropped);
    const dqkv = recordAttentionBackward(
      gpu,
      tape,
      block,
      dattended,
      { B, T, H, D: C / H },
      positions,
    );
    const dnorm1 = back('attn.c_attn', block.norm1.out, dqkv);
    above = normBackward(`${h}.ln_1`, block.norm1, dnorm1, {
      residual: between.dx,
      mask: maskBelow(layer),
    });
  }

  const byId = recordSort(gpu, tape, ids, N);
  const byPosition = positions && recordSort(gpu, tape, positions, N);
  tape.dispatch(
    embeddingBackward,
    { N, T, C, V, P },
    {
      ...byId,
      dx: above.dx,
      dwte: grads.tensor('transformer.wte.weight'),
      dwpe: grads.tensor('transformer.wpe.weight'),
      ...(byPosition && {
        sorted_positions: byPosition.sorted,
        position_order: byPosition.order,
      }),
    },
    {
      ...workgroup(gpu, embeddingBackward),
      ACCUMULATE_WTE: accumulate || wteFilled ? 1 : 0,
      ACCUMULATE_WPE: ACCUMULATE,
      PACKED: positions ? 1 : 0,
    },
  );
}

/** The rows in the order of what stands in them. */
function recordSort(gpu: Gpu, tape: Tape, ids: Slot, N: number) {
  const [sorted, order] = [tape.temp('sorted', N), tape.temp('order', N)];
  tape.dispatch(tokenSort, { N }, { ids, sorted, order }, workgroup(gpu, tokenSort));
  return { sorted, order };
}

function recordAttentionBackward(
  gpu: Gpu,
  tape: Tape,
  { qkv, attended, lse }: Block,
  dout: Slot,
  dims: { B: number; T: number; H: number; D: number },
  positions: Slot | undefined,
): Temp {
  const { B, T, H, D } = dims;
  const dsum = tape.temp('dsum', B * H * T);
  const dqkv = tape.temp('dqkv', B * T * 3 * H * D);
  const { backwardDq, backwardDkv, constants } = attention(gpu, { N: B * T, H, D });
  const slots = { qkv, dout, lse, dsum, dqkv, ...packed(positions) };
  const options = { ...constants, PACKED: positions ? 1 : 0 };
  tape.dispatch(
    attentionBackwardD,
    dims,
    { dout, out: attended, dsum },
    workgroup(gpu, attentionBackwardD),
  );
  tape.dispatch(backwardDq, dims, slots, options);
  tape.dispatch(backwardDkv, dims, slots, options);
  return dqkv;
}
