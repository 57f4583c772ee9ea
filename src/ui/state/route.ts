/** Which room is open, kept in the URL's hash so that links, reload and the back button work. */
import { createSignal } from 'solid-js';
import { type RoomName, roomOf } from './rooms';

const [room, setRoom] = createSignal<RoomName>(roomOf(location.hash));
window.addEventListener('hashchange', () => setRoom(roomOf(location.hash)));

export { room };
