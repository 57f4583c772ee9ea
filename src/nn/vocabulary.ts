/**
 * The tied head reads wte, and logits stand in rows, four numbers at a time, whatever the vocabulary
 * (GPT-2's has 50,257 tokens). Up to three more rows of wte are then read, which are whatever follows
 * it in the arena: their logits are nobody's, so the kernels behind leave them out and make their
 * gradients 0, and what wte's gradient adds to those rows is 0 as well.
 */
import type { View } from '../gpu/device';
import { ceil4 } from '../gpu/kernel';
import type { GptConfig } from './layout';
import type { Weights } from './weights';

/** Numbers of a row of logits. */
export const logitsAcross = ({ vocab_size }: GptConfig) => ceil4(vocab_size);

/** wte, or its gradient, with as many rows as a row of logits has numbers. */
export const headWeight = (weights: Weights): View =>
  weights.rowsOf('transformer.wte.weight', logitsAcross(weights.layout.config));
