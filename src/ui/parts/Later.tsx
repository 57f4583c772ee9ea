/** Shows what is far down a room, or folded away in it, in a later task than the room itself. */
import { createSignal, type JSX, onCleanup, onMount, Show } from 'solid-js';
import { inTurn } from '../state/turns';

export function Later(props: { children: JSX.Element }) {
  const [due, setDue] = createSignal(false);
  onMount(() => onCleanup(inTurn(() => setDue(true))));
  return <Show when={due()}>{props.children}</Show>;
}
