/** Workgroup sizes by kernel and adapter. */
export function workgroupSize(_kernel: string, { software }: { software: boolean }): number {
  return software ? 8 : 64;
}
