/** What can go wrong on a device after it was opened, each in a sentence that says what to do. */

/** `memory`: an allocation failed. `error`: a command was refused. `hung`: work that does not end. */
export type FaultKind = 'memory' | 'error' | 'hung' | 'lost' | 'closed';

export class GpuFault extends Error {
  override readonly name = 'GpuFault';
  constructor(
    readonly kind: FaultKind,
    message: string,
  ) {
    super(message);
  }
}

/** Bytes as whole MiB, small ones to a tenth. */
export const MiB = (bytes: number) => {
  const mebibytes = bytes / 2 ** 20;
  return mebibytes < 10 ? mebibytes.toFixed(1) : Math.ceil(mebibytes).toString();
};

export interface Wanted {
  readonly label: string;
  readonly size: number;
}

/**
 * @param wanted the buffer that got no memory, where it is known which
 * @param held bytes that are held beside it
 */
export const outOfMemory = (wanted: Wanted | undefined, held: number) =>
  new GpuFault(
    'memory',
    `The GPU has no memory left for ${wanted ? `“${wanted.label}” (${MiB(wanted.size)} MiB)` : 'a buffer'} beside the ${MiB(held)} MiB in use. Choose a smaller batch or model, or more gradient accumulation, or close other tabs that use the GPU; then resume.`,
  );

export const refused = (message: string) =>
  new GpuFault(
    'error',
    `The GPU reported an error: ${message.split('\n')[0]!.replace(/\.$/, '')}. Nothing computed after it is used; resume to go on from the last checkpoint, and if it happens again, reload the page.`,
  );

export const hung = (seconds: number) =>
  new GpuFault(
    'hung',
    `The GPU has not finished its work for ${seconds} s, so its device was closed. Close other tabs that use the GPU, or choose a smaller batch or model; then resume.`,
  );
