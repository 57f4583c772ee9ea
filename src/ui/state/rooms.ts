/** The rooms, left to right in the order of the pipeline. */
export const ROOMS = ['base', 'demonstrate', 'rank', 'reward', 'reinforce', 'compare'] as const;
export type RoomName = (typeof ROOMS)[number];

export const ROOM_TITLES: Readonly<Record<RoomName, string>> = {
  base: 'Base',
  demonstrate: 'Demonstrate',
  rank: 'Rank',
  reward: 'Reward',
  reinforce: 'Reinforce',
  compare: 'Compare',
};

/** The room that a hash names; the first one for anything else. */
export function roomOf(hash: string): RoomName {
  const name = hash.replace(/^#\/?/, '').split('?')[0];
  return ROOMS.find((room) => room === name) ?? 'base';
}

/** The room after this one in the pipeline; null after the last. */
export const nextRoom = (room: RoomName): RoomName | null => ROOMS[ROOMS.indexOf(room) + 1] ?? null;

export const hashOf = (room: RoomName): string => `#/${room}`;

/** Whether the page was opened for a script: it then shows one line and starts nothing. */
export const isHeadless = (hash: string): boolean => /^#\/?headless\b/.test(hash);

/** Whether the address asks for the recorded run in the place of the lab. */
export const wantsRecording = (search: string): boolean =>
  new URLSearchParams(search).has('recorded');
