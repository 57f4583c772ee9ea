/** Which variant of a kernel this adapter runs: tile and workgroup sizes, chosen while recording. */
import type { Gpu } from '../gpu/device';
import type { Kernel } from '../gpu/kernel';
import type { Tape } from '../gpu/tape';
import { chooseAttention, chooseDecodeAttention } from '../kernels/attention_choice';
import {
  chooseMatmul,
  type MatmulForm,
  type MatmulSize,
  matmulDevice,
} from '../kernels/linear_choice';
import { type MatmulEpilogue, type MatmulSlots, recordMatmul } from '../kernels/linear_record';
import { chooseNorm } from '../kernels/row_choice';
import { rowWorkgroupSize, workgroupSize } from '../kernels/workgroup';

/** Records an M×N product over K by the variant chosen for it. */
export function matmul<F extends MatmulForm>(
  gpu: Gpu,
  tape: Tape,
  form: F,
  size: MatmulSize,
  slots: MatmulSlots<F>,
  epilogue?: MatmulEpilogue<F>,
): void {
  const adapter = { ...matmulDevice(gpu), variants: gpu.variants };
  recordMatmul(tape, chooseMatmul(form, size, adapter), size, slots, epilogue);
}

/** The kernels of attention over N rows of H heads of D channels, and their constants. */
export const attention = (gpu: Gpu, sizes: { N: number; H: number; D: number }) =>
  chooseAttention(sizes, matmulDevice(gpu));

/** The kernel of a decoded token's attention with heads of D channels, and its constants. */
export const decodeAttention = (gpu: Gpu, D: number) => chooseDecodeAttention(D, matmulDevice(gpu));

/** The kernels of LayerNorm over C channels. */
export const norms = (gpu: Gpu, C: number) => chooseNorm(C, { software: gpu.adapter.is_fallback });

/** The workgroup size of any other kernel. */
export function workgroup(gpu: Gpu, kernel: Pick<Kernel, 'name'>): { WG: number } {
  return { WG: workgroupSize(kernel.name, { software: gpu.adapter.is_fallback }) };
}

/** The same of a kernel over rows, where one thread a row would go round so often. */
export function rowWorkgroup(
  gpu: Gpu,
  kernel: Pick<Kernel, 'name'>,
  iterations: number,
): { WG: number } {
  return {
    WG: rowWorkgroupSize(kernel.name, iterations, { software: gpu.adapter.is_fallback }),
  };
}
