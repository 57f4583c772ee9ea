/**
 * Causal self-attention, C = H·D, qkv rows hold q|k|v as GPT-2's c_attn gives them.
 * D is a multiple of 4, at most 128. Right padding needs no mask: causality hides it.
 */

import backwardD from '../../shaders/attention_backward_d.wgsl?raw';
import backwardDkv from '../../shaders/attention_backward_dkv.wgsl?raw';
import backwardDq from '../../shaders/attention_backward_dq.wgsl?raw';
import forward from '../../shaders/attention_forward.wgsl?raw';
import { defineKernel, groups, inout, input, output } from '../gpu/kernel';

const params = { B: 'u32', T: 'u32', H: 'u32', D: 'u32' } as const;

/** out = softmax(q·kᵀ/√D)·v; lse is the log-sum-exp of each row of scores. D4 = D/4. */
export const attentionForward = defineKernel({
  name: 'attention_forward',
  code: forward,
  params,
  bindings: { qkv: input('B*T, 3*H*D'), out: output('B*T, H*D'), lse: output('B, H, T') },
  constants: { D4: 4, WG: 64 },
  grid: ({ B, T, H }, c) => [groups(T, c.WG), H, B],
});

/** dsum = Σ_d dout·out, a value for each row of scores. */
export const attentionBackwardD = defineKernel({
  name: 'attention_backward_d',
  code: backwardD,
  params,
  bindings: { dout: input('B*T, H*D'), out: input('B*T, H*D'), dsum: output('B, H, T') },
  constants: { WG: 64 },
  grid: ({ B, T, H }, c) => [groups(T, c.WG), H, B],
});

/** Writes the q part of dqkv. */
export const attentionBackwardDq = defineKernel({
  name: 'attention_backward_dq',
  code: backwardDq,
  params,
  bindings: {
    qkv: input('B*T, 3*H*D'),
    dout: input('B*T, H*D'),
    lse: input('B, H, T'),
    dsum: input('B, H, T'),
    dqkv: inout('B*T, 3*H*D'),
  },
  constants: { D4: 4, WG: 64 },
  grid: ({ B, T, H }, c) => [groups(T, c.WG), H, B],
});

/** Writes the k and v parts of dqkv. */
export const attentionBackwardDkv = defineKernel({
  name: 'attention_backward_dkv',
  code: backwardDkv,
  params,
  bindings: {
    qkv: input('B*T, 3*H*D'),
    dout: input('B*T, H*D'),
    lse: input('B, H, T'),
    dsum: input('B, H, T'),
    dqkv: inout('B*T, 3*H*D'),
  },
  constants: { D4: 4, WG: 64 },
  grid: ({ B, T, H }, c) => [groups(T, c.WG), H, B],
});
