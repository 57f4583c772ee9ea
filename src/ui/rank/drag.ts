/**
 * Dragging a completion by its handle, with pointer events: mouse, pen and touch alike. Targets
 * are marked in the page by `data-slot` (a rank) and `data-pool` (not placed).
 */
import { createSignal, onCleanup } from 'solid-js';

export type DropTarget =
  | { readonly kind: 'pool' }
  /** On a slot: tied with what is there. */
  | { readonly kind: 'slot'; readonly slot: number }
  /** At a slot's upper edge: alone, what is there moves on. */
  | { readonly kind: 'before'; readonly slot: number };

export interface Drag {
  /** The completion that is dragged. */
  item(): number | null;
  target(): DropTarget | null;
  /** How far it has been dragged, in CSS pixels. */
  offset(): { x: number; y: number };
  /** Begins at a handle's pointerdown. */
  start(item: number, event: PointerEvent & { currentTarget: HTMLElement }): void;
}

/** The share of a taken slot's height, from its top, that means 'before it'. */
const EDGE = 0.28;
/** Distance from the window's edge in which it scrolls, and pixels a frame. */
const SCROLL_ZONE = 64;
const SCROLL_STEP = 10;

export function createDrag(onDrop: (item: number, target: DropTarget) => void): Drag {
  const [item, setItem] = createSignal<number | null>(null);
  const [target, setTarget] = createSignal<DropTarget | null>(null);
  const [offset, setOffset] = createSignal({ x: 0, y: 0 });
  let stop: (() => void) | undefined;
  onCleanup(() => stop?.());

  const start: Drag['start'] = (dragged, event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    stop?.();
    const handle = event.currentTarget;
    const origin = { x: event.pageX, y: event.pageY };
    let pointer = { x: event.clientX, y: event.clientY };
    let frame = 0;
    handle.setPointerCapture(event.pointerId);
    setItem(dragged);
    setOffset({ x: 0, y: 0 });

    const follow = () => {
      setOffset({
        x: pointer.x + window.scrollX - origin.x,
        y: pointer.y + window.scrollY - origin.y,
      });
      setTarget(targetAt(pointer.x, pointer.y));
    };
    const scroll = () => {
      const above = pointer.y < SCROLL_ZONE + 80;
      const below = pointer.y > innerHeight - SCROLL_ZONE;
      if (above || below) {
        window.scrollBy(0, above ? -SCROLL_STEP : SCROLL_STEP);
        follow();
      }
      frame = requestAnimationFrame(scroll);
    };
    const onMove = (moved: PointerEvent) => {
      pointer = { x: moved.clientX, y: moved.clientY };
      follow();
    };
    const end = (drop: boolean) => () => {
      const at = target();
      stop?.();
      if (drop && at) onDrop(dragged, at);
    };
    const onUp = end(true);
    const onCancel = end(false);
    const onKey = (key: KeyboardEvent) => {
      if (key.key !== 'Escape') return;
      key.stopPropagation();
      onCancel();
    };
    handle.addEventListener('pointermove', onMove);
    handle.addEventListener('pointerup', onUp);
    handle.addEventListener('pointercancel', onCancel);
    window.addEventListener('keydown', onKey, true);
    frame = requestAnimationFrame(scroll);
    stop = () => {
      cancelAnimationFrame(frame);
      handle.removeEventListener('pointermove', onMove);
      handle.removeEventListener('pointerup', onUp);
      handle.removeEventListener('pointercancel', onCancel);
      window.removeEventListener('keydown', onKey, true);
      setItem(null);
      setTarget(null);
      stop = undefined;
    };
  };
  return { item, target, offset, start };
}

/** What lies under a point; the dragged card itself lets pointers through. */
function targetAt(x: number, y: number): DropTarget | null {
  const element = document.elementFromPoint(x, y);
  const slot = element?.closest<HTMLElement>('[data-slot]');
  if (slot) {
    const index = Number(slot.dataset['slot']);
    const box = slot.getBoundingClientRect();
    const taken = slot.dataset['taken'] !== undefined;
    const before = taken && y - box.top < box.height * EDGE;
    return { kind: before ? 'before' : 'slot', slot: index };
  }
  return element?.closest('[data-pool]') ? { kind: 'pool' } : null;
}
