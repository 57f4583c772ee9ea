/** What a family of instructions must offer: a draw of a task, and an answer to it. */
import type { Random } from '../random';
import type { Brief, FactTable } from '../types';

/** How large the tasks of a preset may be. */
export interface Scale {
  /** Most entities in one instruction. */
  entities: number;
  /** Sentences of a story. */
  story: [number, number];
  /** Longest list that is asked for. */
  list: number;
  /** Largest sum. */
  sum: number;
}

export interface Task {
  /** The instruction alone, as it stands after `Q: `. */
  instruction: string;
  /** What is asked, but for the wording: tasks of one key stay in one split. */
  key: string;
  brief: Brief;
}

/** How an answer is written. A mistaken writer gets the content wrong, not the form. */
export interface Manner {
  length: 'plain' | 'curt' | 'wordy';
  mistaken: boolean;
}

export interface FamilyModule {
  draw(town: FactTable, scale: Scale, random: Random): Task;
  /** Sentences that answer the brief. */
  answer(town: FactTable, brief: Brief, manner: Manner, random: Random): string[];
}

/** A key from its parts, their order not mattering. */
export function unorderedKey(kind: string, parts: readonly string[]): string {
  return `${kind}:${[...parts].sort().join('+')}`;
}
