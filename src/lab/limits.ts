/** Runs that this GPU cannot hold are refused before they begin: no buffer may exceed its limits. */
import type { Settings } from '../config/fields';
import type { Stage } from '../config/stages';
import { MiB } from '../gpu/faults';
import { ESTIMATED, type RunPlace, rehearsed } from './estimate';
import { TRAININGS_OF } from './parts';

/** @throws naming the buffer that is too large, of the first training that has one */
export async function refuseOversized(
  stages: readonly Stage[],
  settings: Readonly<Settings>,
  place: RunPlace,
  {
    maxBufferSize,
    maxStorageBufferBindingSize,
  }: Pick<GPUSupportedLimits, 'maxBufferSize' | 'maxStorageBufferBindingSize'>,
): Promise<void> {
  const most = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  const trainings = stages.flatMap((stage) => TRAININGS_OF[stage]);
  for (const training of ESTIMATED.filter((one) => trainings.includes(one))) {
    const { largest } = await rehearsed(training, settings, place);
    if (largest.size <= most) continue;
    throw new Error(
      `${training} needs ${MiB(largest.size)} MiB in one buffer (“${largest.label}”), and this GPU allows ${MiB(most)} MiB. Choose a smaller batch or model, or raise ${training}.accumulate; then run it again.`,
    );
  }
}
