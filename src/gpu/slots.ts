/** What a tape binds: ranges of buffers, and temporaries that are only names until it is finished. */
import { slice, type View } from './device';

/** A temporary of a tape that has not been given its buffer yet. */
export class Temp {
  first = Number.POSITIVE_INFINITY;
  last = -1;
  view: View | undefined;
  constructor(
    readonly label: string,
    readonly size: number,
  ) {}
}

/** A range of a temporary. */
export class TempPart {
  constructor(
    readonly temp: Temp,
    readonly from: number,
    readonly size: number,
  ) {}
}

/** What can be bound: a real range, or a temporary of the same tape or a part of one. */
export type Slot = View | Temp | TempPart;

/** A part of a slot; `from` and `bytes` in bytes, `from` a multiple of 256. */
export function part(slot: Slot, from: number, bytes: number): Slot {
  if (from === 0 && bytes === slot.size) return slot;
  if (slot instanceof Temp) return new TempPart(slot, from, bytes);
  if (slot instanceof TempPart) return new TempPart(slot.temp, slot.from + from, bytes);
  return slice(slot, from, bytes);
}

/** The range behind a slot. @throws for a temporary whose tape is not finished */
export function real(slot: Slot): View {
  if (slot instanceof TempPart) return slice(real(slot.temp), slot.from, slot.size);
  if (!(slot instanceof Temp)) return slot;
  if (!slot.view) throw new Error(`temporary '${slot.label}' has no buffer yet`);
  return slot.view;
}

const homeOf = (slot: Slot) =>
  slot instanceof TempPart ? slot.temp : slot instanceof Temp ? slot : slot.buffer;

/** Whether two slots may share memory. */
export const meet = (a: Slot, b: Slot) => homeOf(a) === homeOf(b);

/** Whether two slots are the same range. */
export function isSame(a: Slot, b: Slot): boolean {
  const from = (slot: Slot) =>
    slot instanceof TempPart ? slot.from : slot instanceof Temp ? 0 : slot.offset;
  return meet(a, b) && from(a) === from(b) && a.size === b.size;
}

/** Whether a slot is a temporary of a tape, or a part of one. */
export const isTemporary = (slot: Slot): slot is Temp | TempPart =>
  slot instanceof Temp || slot instanceof TempPart;
