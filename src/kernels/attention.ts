/**
 * Causal self-attention, C = H·D, qkv rows hold q|k|v as GPT-2's c_attn gives them.
 * D is a multiple of 4, at most 128. Right padding needs no mask: causality hides it.
 * With `PACKED` a row holds several sequences, and `positions` says where in its own each token is.
 * The `…X4` kernels compute the same with four rows a thread, for D at most 64; the `…Image` kernels do
 * so with qkv and dout read as images, the `…Quad` kernels with loads that four threads share.
 * `attention_choice.ts` chooses.
 */

import backwardD from '../../shaders/attention_backward_d.wgsl?raw';
import backwardDkv from '../../shaders/attention_backward_dkv.wgsl?raw';
import backwardDkvImage from '../../shaders/attention_backward_dkv_image.wgsl?raw';
import backwardDkvQuad from '../../shaders/attention_backward_dkv_quad.wgsl?raw';
import backwardDkvX4 from '../../shaders/attention_backward_dkv_x4.wgsl?raw';
import backwardDq from '../../shaders/attention_backward_dq.wgsl?raw';
import backwardDqImage from '../../shaders/attention_backward_dq_image.wgsl?raw';
import backwardDqQuad from '../../shaders/attention_backward_dq_quad.wgsl?raw';
import backwardDqX4 from '../../shaders/attention_backward_dq_x4.wgsl?raw';
import forward from '../../shaders/attention_forward.wgsl?raw';
import forwardImage from '../../shaders/attention_forward_image.wgsl?raw';
import forwardQuad from '../../shaders/attention_forward_quad.wgsl?raw';
import forwardX4 from '../../shaders/attention_forward_x4.wgsl?raw';
import { IMAGES_IN_WGSL } from '../gpu/features';
import {
  defineKernel,
  groups,
  image,
  inout,
  input,
  optionalInput,
  output,
  type Values,
} from '../gpu/kernel';

const params = { B: 'u32', T: 'u32', H: 'u32', D: 'u32' } as const;

/** Threads for each of B·H heads: one for `rows` of its T rows. */
const perHead = (rows: number, { B, T, H }: Values<'B' | 'T' | 'H'>, { WG }: Values<'WG'>) =>
  [groups(T, rows * WG), H, B] as const;

const QKV = 'B*T, 3*H*D';
const OUT = 'B*T, H*D';
const BY_IMAGES = [IMAGES_IN_WGSL] as const;
const BY_QUADS = ['subgroups'] as const;

const forwardTable = {
  params,
  bindings: {
    qkv: input(QKV),
    out: output(OUT),
    lse: output('B, H, T'),
    positions: optionalInput('B*T', 'i32'),
  },
};

/** out = softmax(q·kᵀ/√D)·v; lse is the log-sum-exp of each row of scores. D4 = D/4. */
export const attentionForward = defineKernel({
  ...forwardTable,
  name: 'attention_forward',
  code: forward,
  constants: { D4: 4, WG: 64, PACKED: 0 },
  grid: (sizes, constants) => perHead(1, sizes, constants),
});

/** The same with four queries a thread, D at most 64. */
export const attentionForwardX4 = defineKernel({
  ...forwardTable,
  name: 'attention_forward_x4',
  code: forwardX4,
  constants: { D4: 4, WG: 8, PACKED: 0 },
  grid: (sizes, constants) => perHead(4, sizes, constants),
});

/** The X4 kernel with qkv read as an image. */
export const attentionForwardImage = defineKernel({
  ...forwardTable,
  bindings: { ...forwardTable.bindings, qkv: image(QKV) },
  name: 'attention_forward_image',
  code: forwardImage,
  constants: { D4: 4, WG: 8, PACKED: 0 },
  features: BY_IMAGES,
  grid: (sizes, constants) => perHead(4, sizes, constants),
});

/** The X4 kernel with loads shared by quads of threads, for devices with subgroups; WG a multiple of 4. */
export const attentionForwardQuad = defineKernel({
  ...forwardTable,
  name: 'attention_forward_quad',
  code: forwardQuad,
  constants: { D4: 4, WG: 4, PACKED: 0 },
  features: BY_QUADS,
  grid: (sizes, constants) => perHead(4, sizes, constants),
});

/** dsum = Σ_d dout·out, a value for each row of scores. */
export const attentionBackwardD = defineKernel({
  name: 'attention_backward_d',
  code: backwardD,
  params,
  bindings: { dout: input(OUT), out: input(OUT), dsum: output('B, H, T') },
  constants: { WG: 64 },
  grid: (sizes, constants) => perHead(1, sizes, constants),
});

const backwardTable = {
  params,
  bindings: {
    qkv: input(QKV),
    dout: input(OUT),
    lse: input('B, H, T'),
    dsum: input('B, H, T'),
    dqkv: inout(QKV),
    positions: optionalInput('B*T', 'i32'),
  },
};

const backwardImageTable = {
  ...backwardTable,
  bindings: { ...backwardTable.bindings, qkv: image(QKV), dout: image(OUT) },
  features: BY_IMAGES,
};

/** Writes the q part of dqkv. */
export const attentionBackwardDq = defineKernel({
  ...backwardTable,
  name: 'attention_backward_dq',
  code: backwardDq,
  constants: { D4: 4, WG: 64, PACKED: 0 },
  grid: (sizes, constants) => perHead(1, sizes, constants),
});

/** The same with four queries a thread, D at most 64. */
export const attentionBackwardDqX4 = defineKernel({
  ...backwardTable,
  name: 'attention_backward_dq_x4',
  code: backwardDqX4,
  constants: { D4: 4, WG: 8, PACKED: 0 },
  grid: (sizes, constants) => perHead(4, sizes, constants),
});

/** The X4 kernel with qkv and dout read as images. */
export const attentionBackwardDqImage = defineKernel({
  ...backwardImageTable,
  name: 'attention_backward_dq_image',
  code: backwardDqImage,
  constants: { D4: 4, WG: 8, PACKED: 0 },
  grid: (sizes, constants) => perHead(4, sizes, constants),
});

/** The X4 kernel with loads shared by quads of threads, for devices with subgroups; WG a multiple of 4. */
export const attentionBackwardDqQuad = defineKernel({
  ...backwardTable,
  name: 'attention_backward_dq_quad',
  code: backwardDqQuad,
  constants: { D4: 4, WG: 4, PACKED: 0 },
  features: BY_QUADS,
  grid: (sizes, constants) => perHead(4, sizes, constants),
});

/** Writes the k and v parts of dqkv. */
export const attentionBackwardDkv = defineKernel({
  ...backwardTable,
  name: 'attention_backward_dkv',
  code: backwardDkv,
  constants: { D4: 4, WG: 64, PACKED: 0 },
  grid: (sizes, constants) => perHead(1, sizes, constants),
});

/** The same with four keys a thread, D at most 64. */
export const attentionBackwardDkvX4 = defineKernel({
  ...backwardTable,
  name: 'attention_backward_dkv_x4',
  code: backwardDkvX4,
  constants: { D4: 4, WG: 8, PACKED: 0 },
  grid: (sizes, constants) => perHead(4, sizes, constants),
});

/** The X4 kernel with qkv and dout read as images. */
export const attentionBackwardDkvImage = defineKernel({
  ...backwardImageTable,
  name: 'attention_backward_dkv_image',
  code: backwardDkvImage,
  constants: { D4: 4, WG: 8, PACKED: 0 },
  grid: (sizes, constants) => perHead(4, sizes, constants),
});

/** The X4 kernel with loads shared by quads of threads, for devices with subgroups; WG a multiple of 4. */
export const attentionBackwardDkvQuad = defineKernel({
  ...backwardTable,
  name: 'attention_backward_dkv_quad',
  code: backwardDkvQuad,
  constants: { D4: 4, WG: 4, PACKED: 0 },
  features: BY_QUADS,
  grid: (sizes, constants) => perHead(4, sizes, constants),
});
