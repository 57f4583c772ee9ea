/**
 * A GPU that only takes notes: trainers and samplers of any size record their tapes on it, and no
 * buffer is made. So the shapes of a model are known without its memory.
 */
import type { Gpu, View } from './device';

/** What recording asks of a GPU, with the choices and limits of a real one; handles are blanks. */
export function dryGpu({ adapter, variants, device: { limits } }: Gpu): Gpu {
  const blank = {} as never;
  const alloc = (label: string, bytes: number): View => ({
    buffer: { label, destroy() {} } as unknown as GPUBuffer,
    offset: 0,
    size: Math.max(16, Math.ceil(bytes / 16) * 16),
  });
  const device = {
    limits,
    createBuffer: ({ label }: GPUBufferDescriptor) => alloc(label ?? '', 0).buffer,
    createBindGroup: () => blank,
    queue: { writeBuffer() {} },
  };
  const noted: Partial<Record<keyof Gpu, unknown>> = {
    adapter,
    variants,
    device,
    counters: { dispatches: 0, submits: 0, bindGroups: 0, buffers: 0, bytes: 0, peakBytes: 0 },
    hasTimestamps: false,
    alloc,
    upload: (label: string, { byteLength }: ArrayBufferView) => alloc(label, byteLength),
    write() {},
    free() {},
    pipeline: async () => ({ pipeline: blank, layout: blank }),
  };
  return noted as unknown as Gpu;
}
