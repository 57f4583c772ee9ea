/**
 * The ranking board as plain data: which rank each of K completions holds, ties, Likert scores and
 * flags, and the undo history. Nothing here knows the page; every function returns a new board.
 *
 * A board has K slots, best first. A slot holds any number of completions (a tie) and may be empty.
 */

/** The paper's labeling form (table 3), with the key that toggles each flag. */
export const FLAGS = [
  { id: 'fails_instruction', label: 'Fails instruction', key: 'f' },
  { id: 'hallucination', label: 'Hallucination', key: 'h' },
  { id: 'inappropriate', label: 'Inappropriate', key: 'i' },
  { id: 'violates_constraint', label: 'Breaks constraint', key: 'c' },
  { id: 'denigrates', label: 'Denigrates', key: 'd' },
  { id: 'gives_opinion', label: 'Opinion', key: 'o' },
] as const;
export type FlagId = (typeof FLAGS)[number]['id'];

/** Why a prompt may be skipped; each has the digit of its place in the list. */
export const SKIP_REASONS = [
  'I do not know enough to judge',
  'The prompt makes no sense',
  'All answers are equally bad',
  'I would rather not read this',
  'Another reason',
] as const;

export interface Board {
  /** Slot of each completion in shown order, 0 is best; null while it is not placed. */
  readonly slots: readonly (number | null)[];
  /** 1 to 7, or null. */
  readonly likert: readonly (number | null)[];
  readonly flags: readonly (readonly string[])[];
}

/** A board for K completions with nothing placed. */
export function emptyBoard(k: number): Board {
  return {
    slots: Array.from({ length: k }, () => null),
    likert: Array.from({ length: k }, () => null),
    flags: Array.from({ length: k }, () => []),
  };
}

/** The board that gave a submission: ranks 1… become slots 0…; null ranks (skipped) place nothing. */
export function boardOf(submission: {
  readonly ranks: readonly number[] | null;
  readonly likert: readonly (number | null)[];
  readonly flags: readonly (readonly string[])[];
}): Board {
  const k = submission.likert.length;
  return {
    slots: submission.ranks?.map((rank) => rank - 1) ?? emptyBoard(k).slots,
    likert: submission.likert,
    flags: submission.flags,
  };
}

const replaced = <T>(list: readonly T[], index: number, value: T): T[] =>
  list.map((old, i) => (i === index ? value : old));

const members = (board: Board, slot: number): number[] =>
  board.slots.flatMap((held, item) => (held === slot ? [item] : []));

/** Completions of every slot, best first, each slot in shown order; empty slots are kept. */
export function groups(board: Board): number[][] {
  return board.slots.map((_, slot) => members(board, slot));
}

/** Completions without a rank, in shown order. */
export function unplaced(board: Board): number[] {
  return board.slots.flatMap((slot, item) => (slot === null ? [item] : []));
}

/** Puts a completion in a slot, tied with whatever is there; null takes it off the ranking. */
export function place(board: Board, item: number, slot: number | null): Board {
  if (board.slots[item] === slot) return board;
  if (slot !== null && (slot < 0 || slot >= board.slots.length)) return board;
  return { ...board, slots: replaced(board.slots, item, slot) };
}

/**
 * Puts a completion alone at a slot; what is there moves one slot towards the nearest empty one.
 * Without the completion at most K − 1 slots are taken, so there is always an empty one.
 */
export function insert(board: Board, item: number, slot: number): Board {
  const k = board.slots.length;
  const target = Math.min(Math.max(slot, 0), k - 1);
  const slots = replaced(board.slots, item, null);
  const empty = (s: number) => !slots.includes(s);
  let free = target;
  for (let distance = 0; distance < k; distance++) {
    if (target + distance < k && empty(target + distance)) {
      free = target + distance;
      break;
    }
    if (target - distance >= 0 && empty(target - distance)) {
      free = target - distance;
      break;
    }
  }
  const shifted = slots.map((s) => {
    if (s === null) return null;
    if (free >= target && s >= target && s < free) return s + 1;
    if (free < target && s > free && s <= target) return s - 1;
    return s;
  });
  shifted[item] = target;
  return { ...board, slots: shifted };
}

/**
 * Moves a completion one place better (−1) or worse (+1) without making a tie: out of a tie into a
 * place of its own, into an empty slot, or past the neighbouring slot, whose completions change
 * places with it. A completion that is not placed enters at the end of the ranking.
 */
export function move(board: Board, item: number, by: -1 | 1): Board {
  const slot = board.slots[item] ?? null;
  if (slot === null) return place(board, item, endOf(board));
  const next = slot + by;
  const alone = members(board, slot).length === 1;
  if (alone) {
    if (next < 0 || next >= board.slots.length) return board;
    const slots = board.slots.map((s) => (s === next ? slot : s));
    slots[item] = next;
    return { ...board, slots };
  }
  const inRange = next >= 0 && next < board.slots.length;
  if (inRange && members(board, next).length === 0) return place(board, item, next);
  return leaveTie(board, item, slot, by);
}

/** The first slot after the last one that is taken; the last slot when that is taken too. */
function endOf(board: Board): number {
  const taken = board.slots.filter((slot) => slot !== null);
  return Math.min(board.slots.length - 1, Math.max(-1, ...taken) + 1);
}

/** Opens a slot beside a tie for one of its members. A tie leaves at least one slot empty. */
function leaveTie(board: Board, item: number, slot: number, by: -1 | 1): Board {
  const k = board.slots.length;
  const empty = (s: number) => members(board, s).length === 0;
  for (let s = slot + by; s >= 0 && s < k; s += by) {
    if (!empty(s)) continue;
    // Everything between the tie and the empty slot moves one on, away from the tie.
    const slots = board.slots.map((held) =>
      held !== null && (held - slot) * by > 0 && (s - held) * by > 0 ? held + by : held,
    );
    slots[item] = slot + by;
    return { ...board, slots };
  }
  for (let s = slot - by; s >= 0 && s < k; s -= by) {
    if (!empty(s)) continue;
    // No room on that side: the rest of the tie and what is behind it give way instead.
    const slots = board.slots.map((held, i) =>
      i !== item && held !== null && (slot - held) * by >= 0 && (held - s) * by > 0
        ? held - by
        : held,
    );
    return { ...board, slots };
  }
  return board;
}

/** Ties a completion with the nearest one ranked better, or worse where none is better. */
export function tie(board: Board, item: number): Board {
  const slot = board.slots[item] ?? null;
  const others = board.slots.flatMap((s, i) => (i !== item && s !== null ? [s] : []));
  if (others.length === 0) return board;
  if (slot === null) return place(board, item, Math.max(...others));
  const better = others.filter((s) => s < slot);
  const worse = others.filter((s) => s > slot);
  if (better.length > 0) return place(board, item, Math.max(...better));
  if (worse.length > 0) return place(board, item, Math.min(...worse));
  return board;
}

/** Gives a Likert score from 1 to 7; the same score again takes it back. */
export function rate(board: Board, item: number, score: number): Board {
  const value = board.likert[item] === score ? null : score;
  return { ...board, likert: replaced(board.likert, item, value) };
}

/** Sets or takes back a flag. */
export function toggleFlag(board: Board, item: number, flag: FlagId): Board {
  const held = board.flags[item] ?? [];
  const next = held.includes(flag) ? held.filter((f) => f !== flag) : [...held, flag];
  return { ...board, flags: replaced(board.flags, item, next) };
}

/** Ranks in shown order, 1 best, equal for ties and without gaps; null until all are placed. */
export function ranks(board: Board): number[] | null {
  const taken = [...new Set(board.slots)].filter((s) => s !== null).sort((a, b) => a - b);
  const result = board.slots.map((slot) => (slot === null ? 0 : taken.indexOf(slot) + 1));
  return result.includes(0) ? null : result;
}

/** Ordered pairs that the placed completions give; ties give none. */
export function pairs(board: Board): number {
  const placed = board.slots.filter((slot) => slot !== null);
  let count = 0;
  for (let i = 0; i < placed.length; i++) {
    for (let j = i + 1; j < placed.length; j++) if (placed[i] !== placed[j]) count++;
  }
  return count;
}

/** A board with everything that it was before. */
export interface History {
  readonly past: readonly Board[];
  readonly present: Board;
}

export const begin = (board: Board): History => ({ past: [], present: board });

/** Records a change; a board that did not change is not recorded. */
export function change(history: History, board: Board): History {
  if (board === history.present) return history;
  return { past: [...history.past, history.present], present: board };
}

/** The board before the last change; null when there is nothing to take back. */
export function undo(history: History): History | null {
  const before = history.past.at(-1);
  return before ? { past: history.past.slice(0, -1), present: before } : null;
}
