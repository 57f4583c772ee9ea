/**
 * Gradient accumulation for a run that holds too much: for each training the fewest parts of a batch
 * that fit, or as few as gain nearly all that parts can gain. WebGPU tells nobody how much memory a
 * device has, so what is too much is said here.
 */
import type { FieldKey, Settings } from '../config/fields';
import { ESTIMATED, type Estimated, type RunPlace, trainingBytes } from './estimate';

/** What `mini`, the largest preset, may take: more is not to be expected of a laptop. */
export const LAPTOP_BYTES = 2 * 1024 * 1024 * 1024;

/** The same steps in less memory. */
export interface Fit {
  /** The settings that change. */
  readonly settings: Readonly<Partial<Record<`${Estimated}.accumulate`, number>>>;
  /** Bytes of the whole run with them. */
  readonly bytes: number;
}

/** What a batch is taken apart into: sequences, or prompts. */
const ROWS = {
  base: 'base.batch',
  sft: 'sft.batch',
  sft_for_rl: 'sft_for_rl.batch',
  reward: 'reward.prompts_per_batch',
  ppo: 'ppo.minibatch',
} as const satisfies Record<Estimated, FieldKey>;

/** More parts make them too small to keep a device busy. */
const MOST_PARTS = 32;
/** Parts that save less than this are not worth their dispatches. */
const WORTHWHILE = 0.95;

/** Numbers of parts that leave all alike, each twice the one before or more. */
function partsBeyond(now: number, rows: number): number[] {
  const found: number[] = [];
  for (let parts = 2 * now; parts <= Math.min(rows, MOST_PARTS); parts++) {
    if (rows % parts === 0 && parts >= 2 * (found.at(-1) ?? now)) found.push(parts);
  }
  return found;
}

/** The fewest parts with which each training holds no more than `most` bytes, where parts help. */
export async function fitInto(
  s: Readonly<Settings>,
  place: RunPlace,
  most = LAPTOP_BYTES,
): Promise<Fit> {
  const settings: Partial<Record<`${Estimated}.accumulate`, number>> = {};
  let bytes = 0;
  for (const training of ESTIMATED) {
    const key = `${training}.accumulate` as const;
    let held = await trainingBytes(training, s, place);
    for (const parts of held > most ? partsBeyond(s[key], s[ROWS[training]]) : []) {
      const less = await trainingBytes(training, { ...s, [key]: parts }, place);
      if (less > WORTHWHILE * held) break;
      held = less;
      settings[key] = parts;
      if (held <= most) break;
    }
    bytes = Math.max(bytes, held);
  }
  return { settings, bytes };
}
