/** Which variant of a kernel this adapter runs: tile and workgroup sizes, chosen while recording. */
import type { Gpu } from '../gpu/device';
import type { Kernel } from '../gpu/kernel';
import { chooseAttention } from '../kernels/attention_choice';
import { chooseMatmul, type MatmulForm } from '../kernels/linear_choice';
import { workgroupSize } from '../kernels/workgroup';

/** The kernel and constants of a matmul of M×N over K. */
export function matmul<F extends MatmulForm>(gpu: Gpu, form: F, M: number, N: number, K: number) {
  return chooseMatmul(form, M, N, K, { software: gpu.adapter.is_fallback });
}

/** The kernels of attention with heads of D channels, and their constants. */
export function attention(gpu: Gpu, D: number) {
  return chooseAttention(D, { software: gpu.adapter.is_fallback });
}

/** The workgroup size of any other kernel. */
export function workgroup(gpu: Gpu, kernel: Pick<Kernel, 'name'>): { WG: number } {
  return { WG: workgroupSize(kernel.name, { software: gpu.adapter.is_fallback }) };
}
