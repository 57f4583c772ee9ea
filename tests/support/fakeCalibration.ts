/** A made-up calibration of a reward model that is a little too sure of itself. */
import { calibrationOf } from '../../src/rlhf/calibration';
import { noise } from './fakeTexts';

const calibration = calibrationOf(
  Array.from({ length: 400 }, (_, i) => {
    const size = (i + 1) / 130;
    return (noise(i) + 1) / 2 < 1 / (1 + Math.exp(-0.7 * size)) ? size : -size;
  }),
);

export const FAKE_CALIBRATION = { val: calibration, heldout: calibration };
