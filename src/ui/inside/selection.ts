/** What is pointed at in the lens: one token, one head, shared by all its parts. */
import { createSignal } from 'solid-js';
import type { Inspection } from '../../lab/api';
import type { Head } from './reading';

export interface Selection {
  /** The token that everything is about: the one under the pointer, else the one chosen. */
  position(): number;
  chosen(): number;
  choose(position: number): void;
  /** Null when the pointer leaves. */
  point(position: number | null): void;
  /** A second token that is pointed at: a key of the map. */
  key(): number | null;
  pointKey(position: number | null): void;
  head(): Head;
  chooseHead(head: Head): void;
}

/** Starts at the last token and the first head of the last layer. */
export function createSelection(inspection: Inspection): Selection {
  const [chosen, choose] = createSignal(inspection.tokens.length - 1);
  const [pointed, point] = createSignal<number | null>(null);
  const [key, pointKey] = createSignal<number | null>(null);
  const [head, chooseHead] = createSignal<Head>({ layer: inspection.layers - 1, head: 0 });
  return {
    position: () => pointed() ?? chosen(),
    chosen,
    choose,
    point,
    key,
    pointKey,
    head,
    chooseHead,
  };
}
