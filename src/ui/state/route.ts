/** The URL's hash, which names the room, so that links, reload and the back button work. */
import { createMemo, createRoot, createSignal } from 'solid-js';
import { type RoomName, roomOf } from './rooms';

const [hash, setHash] = createSignal(location.hash);
window.addEventListener('hashchange', () => setHash(location.hash));

/** The room that is open. */
const room = createRoot(() => createMemo<RoomName>(() => roomOf(hash())));

/** Changes the address without an entry in the history. */
export function replaceHash(next: string): void {
  history.replaceState(history.state, '', `${location.pathname}${location.search}${next}`);
  setHash(next);
}

export { hash, room };
