/** What the Look inside lens computes beyond a forward pass: attention weights and top tokens. */

import attentionProbabilitiesCode from '../../shaders/attention_probabilities.wgsl?raw';
import topTokensCode from '../../shaders/top_tokens.wgsl?raw';
import { defineKernel, flatGrid, groups, input, output } from '../gpu/kernel';
import { lanes } from './workgroup';

/** probs = softmax(q·kᵀ/√D) over the keys up to each query, from the forward pass's qkv and lse. */
export const attentionProbabilities = defineKernel({
  name: 'attention_probabilities',
  code: attentionProbabilitiesCode,
  params: { B: 'u32', T: 'u32', H: 'u32', D: 'u32' },
  bindings: { qkv: input('B*T, 3*H*D'), lse: input('B, H, T'), probs: output('B, H, T, T') },
  constants: { WG: 64 },
  grid: ({ B, T, H }, { WG }) => [groups(T, WG), T, B * H],
});

/** The K largest logits of each row, largest first, and their ids. */
export const topTokens = defineKernel({
  name: 'top_tokens',
  code: topTokensCode,
  params: { N: 'u32', V: 'u32', K: 'u32' },
  bindings: { logits: input('N, V'), ids: output('N, K', 'i32'), values: output('N, K') },
  constants: { WG: 64 },
  grid: ({ N }, { WG }) => flatGrid(groups(N, WG / lanes(WG))),
});
