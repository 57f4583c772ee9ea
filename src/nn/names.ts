/** What the slots of a tape are called: parameters by Hugging Face's names, temporaries by their labels. */
import type { View } from '../gpu/device';
import { isTemporary, real, type Slot, TempPart } from '../gpu/slots';
import type { Tape } from '../gpu/tape';
import type { Weights } from './weights';

/** An arena and what stands before the name of a tensor in it, such as '∂ '. */
export interface NamedArena {
  readonly prefix: string;
  readonly weights: Weights;
}

/** The arena that a slot lies in, if it is one of these. */
export const arenaOf = <Arena extends NamedArena>(
  slot: Slot,
  arenas: readonly Arena[],
): Arena | undefined =>
  isTemporary(slot)
    ? undefined
    : arenas.find(({ weights }) => weights.arena.buffer === real(slot).buffer);

/** The name of a tensor in one of the arenas, of a temporary of the tape, or of a buffer. */
export function nameOf(slot: Slot, tape: Tape, arenas: readonly NamedArena[]): string {
  if (isTemporary(slot)) {
    const { label } = slot instanceof TempPart ? slot.temp : slot;
    return label.startsWith(`${tape.label}/`) ? label.slice(tape.label.length + 1) : label;
  }
  const { buffer, offset, size }: View = real(slot);
  const arena = arenaOf(slot, arenas);
  if (!arena) return buffer.label;
  const { prefix, weights } = arena;
  if (size >= weights.arena.size) return `${prefix}all tensors`;
  const tensor = weights.layout.tensors.find((candidate) => candidate.offset * 4 === offset);
  return tensor ? `${prefix}${tensor.name}` : buffer.label;
}
