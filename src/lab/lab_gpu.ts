/** The lab's one GPU: opened when it is first asked for, and anew once the last is of no use. */
import { type Gpu, GpuUnavailable } from '../gpu/device';
import { GpuFault } from '../gpu/faults';
import { openGpu } from '../kernels/trust';
import type { GpuStatus } from './api';
import { reopen } from './recovery';

/** A browser whose GPU process hangs never answers; a cold and busy machine may take a minute. */
const ANSWER_MS = 120_000;
/** Pauses between the tries to open a GPU whose device is lost while it is opened. */
const PAUSES_MS: readonly number[] = [500, 1000, 2000];

export class LabGpu {
  private gpu: Gpu | undefined;
  private status: GpuStatus | undefined;
  private opening: Promise<GpuStatus> | undefined;

  constructor(
    /** Told of each error of the device that nothing caught. */
    private readonly onError: (message: string) => void,
    /** Done to each GPU before anything else. */
    private readonly ready: (gpu: Gpu) => Promise<unknown>,
    /** What stands in for the browser's entry to WebGPU. */
    private readonly from?: GPU,
    private readonly pausesMs = PAUSES_MS,
  ) {}

  /** Opens the GPU, unless it is open. */
  async open(): Promise<GpuStatus> {
    if (this.status?.ok && !this.gpu?.failure) return this.status;
    this.opening ??= this.openAnew().finally(() => {
      this.opening = undefined;
    });
    return this.opening;
  }

  /** The GPU as it is now. @throws with the reason there is none */
  async now(): Promise<Gpu> {
    const status = await this.open();
    if (!status.ok) throw new Error(status.message);
    return this.gpu!;
  }

  close(): void {
    this.gpu?.close();
  }

  private async openAnew(): Promise<GpuStatus> {
    this.gpu?.close();
    try {
      this.gpu = await this.readied().catch((cause) => this.openedAfter(cause));
      this.status = { ok: true, ...this.gpu.adapter };
    } catch (cause) {
      if (!(cause instanceof GpuUnavailable)) throw cause;
      this.status = { ok: false, problem: cause.problem, message: cause.message };
    }
    return this.status;
  }

  private async readied(): Promise<Gpu> {
    const gpu = await answered(openGpu(this.from));
    gpu.onError = this.onError;
    try {
      await this.ready(gpu);
      return gpu;
    } catch (cause) {
      gpu.close();
      throw cause;
    }
  }

  /** A device that is lost while it is checked says nothing about the next one. */
  private async openedAfter(cause: unknown): Promise<Gpu> {
    if (!(cause instanceof GpuFault && cause.kind === 'lost')) throw cause;
    const again = () => this.readied();
    return reopen(again, () => false, this.pausesMs).catch(({ message }: Error) => {
      throw new GpuUnavailable('device', message);
    });
  }
}

async function answered(opening: Promise<Gpu>): Promise<Gpu> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLate = false;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true;
      const why = `The browser did not open the GPU within ${ANSWER_MS / 1000} s.`;
      reject(new GpuUnavailable('device', why));
    }, ANSWER_MS);
  });
  void opening.then(
    (gpu) => isLate && gpu.close(),
    () => {},
  );
  try {
    return await Promise.race([opening, late]);
  } finally {
    clearTimeout(timer);
  }
}
