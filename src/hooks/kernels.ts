/**
 * `/kernels.html`: any kernel, run from outside on given arrays. Nothing is loaded, and no GPU is
 * opened, until one of the two functions is called.
 */
import type { KernelListing, RunKernel } from './kernelRunner';

declare global {
  interface Window {
    /** Every kernel: file, buffers, params, tunables and shapes. */
    listKernels(): Promise<KernelListing[]>;
    /** Runs one kernel by its file's name and answers everything that it writes. */
    runKernel: RunKernel;
  }
}

window.listKernels = async () => (await import('./kernelRunner')).listKernels();
window.runKernel = async (name, buffers, params) =>
  (await import('./kernelRunner')).runKernel(name, buffers, params);
