/** Which variant of a kernel this adapter runs: tile and workgroup sizes, chosen while recording. */
import type { Gpu } from '../gpu/device';
import type { Kernel } from '../gpu/kernel';
import { matmulConstants } from '../kernels/linear_choice';
import { workgroupSize } from '../kernels/workgroup';

/** Constants of a matmul of M×N over K. */
export function tiles(gpu: Gpu, form: 'nn' | 'nt' | 'tn', M: number, N: number, K: number) {
  return matmulConstants(form, M, N, K, { software: gpu.adapter.is_fallback });
}

/** The workgroup size of any other kernel. */
export function workgroup(gpu: Gpu, kernel: Pick<Kernel, 'name'>): { WG: number } {
  return { WG: workgroupSize(kernel.name, { software: gpu.adapter.is_fallback }) };
}
