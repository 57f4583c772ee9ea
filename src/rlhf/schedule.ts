/** Learning rates by update, counted from 1; none is ever 0 unless the peak is. */

/** Linear warm-up over `warmup` updates, then a cosine to `floor` of the peak at the last one. */
export function cosine(
  update: number,
  {
    peak,
    updates,
    warmup = 0,
    floor = 0.1,
  }: {
    peak: number;
    updates: number;
    warmup?: number;
    floor?: number;
  },
): number {
  if (update <= warmup) return (peak * update) / (warmup + 1);
  const share = (update - warmup - 1) / Math.max(1, updates - warmup - 1);
  return peak * (floor + ((1 - floor) * (1 + Math.cos(Math.PI * Math.min(1, share)))) / 2);
}

/** PPO's rate: from a tenth of the peak linearly to the peak over `warmup` iterations (from 1). */
export function warmedUp(iteration: number, peak: number, warmup: number): number {
  if (iteration > warmup || warmup === 0) return peak;
  return peak * (0.1 + (0.9 * (iteration - 1)) / warmup);
}
