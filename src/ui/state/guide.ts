/** What leads a person through the page: the tour of a first visit, or a lesson, at a page of it. */
import { createSignal } from 'solid-js';

export type Guide =
  | { readonly kind: 'tour'; readonly at: number }
  | { readonly kind: 'lesson'; readonly lesson: number; readonly at: number };

const SEEN = 'pocket-rlhf.tour';
const PLACE = 'pocket-rlhf.guide';

/**
 * A tour that nobody has seen begins by itself where the page is opened without a room of its own;
 * a lesson goes on after a reload of the tab.
 */
function initial(): Guide | null {
  try {
    const place = sessionStorage.getItem(PLACE);
    if (place) return JSON.parse(place) as Guide;
    const plain = /^#?\/?$/.test(location.hash);
    return plain && localStorage.getItem(SEEN) === null ? { kind: 'tour', at: 0 } : null;
  } catch {
    return null;
  }
}

const [guide, setGuide] = createSignal<Guide | null>(initial());

export { guide };

export function openGuide(next: Guide | null): void {
  setGuide(next);
  try {
    if (next) sessionStorage.setItem(PLACE, JSON.stringify(next));
    else sessionStorage.removeItem(PLACE);
    localStorage.setItem(SEEN, 'seen');
  } catch {
    // Without storage the tour begins again with the next visit.
  }
}
