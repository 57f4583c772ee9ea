/**
 * How a training ends at a value that is not finite. The update that met it and those queued behind
 * it took no hold; but the weights before it lead there at any learning rate, because the gradients
 * of an update do not depend on its rate. So the training goes back to its last checkpoint, which
 * was taken only after its weights had been seen to lead on.
 */
import type { FieldKey } from '../config/fields';
import type { Training } from '../config/stages';
import type { Nonfinite } from '../nn/nonfinite';
import { Halted, type StageContext } from './context';

export interface Refusal {
  readonly training: Training;
  /** What stopped and where, such as 'training SFT stopped: update 12'. */
  readonly where: string;
  /** The first bad value; undefined where a second run met none. */
  readonly first: Nonfinite | undefined;
  /** Settings of which a lower value may help. */
  readonly rates: readonly FieldKey[];
}

/** Where a value stands: a tensor's name, the kernel that made it, the element. */
function placeOf({ what, kernel, element }: Nonfinite): string {
  return kernel
    ? `first in ${what} (${kernel}, element ${element})`
    : `first in ${what} (element ${element}), which was there before the update`;
}

/** The error that ends the training, in sentences for whoever reads the log. */
export function refused(
  ctx: Pick<StageContext, 'kept'>,
  { training, where, first, rates }: Refusal,
): Halted {
  const kept = ctx.kept(training);
  const back = kept > 0 ? `at its checkpoint of step ${kept}` : 'at its beginning';
  const place = first ? placeOf(first) : 'which did not come again when the update was repeated';
  const advice = first ? `Lower ${rates.join(' or ')} and resume.` : 'Resume.';
  return new Halted(
    `${where} met a value that is not finite, ${place}. Nothing of it is kept: the run is back ${back}. ${advice}`,
  );
}
