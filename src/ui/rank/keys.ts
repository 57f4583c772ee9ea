/** The keys of the ranking room, in one table: what they do, and how they are shown. */
import type { RankingSession } from '../state/ranking';
import { FLAGS, move, place, rate, tie, toggleFlag } from './ranking';

export interface KeyHelp {
  readonly keys: readonly string[];
  readonly what: string;
}

export const KEY_HELP: readonly KeyHelp[] = [
  { keys: ['1', '…', '9'], what: 'place the completion at this rank (1 is best)' },
  { keys: ['↑', '↓'], what: 'move it one place better or worse' },
  { keys: ['←', '→'], what: 'go to the previous or next completion' },
  { keys: ['='], what: 'tie it with its neighbour' },
  { keys: ['⌫'], what: 'take it off the ranking' },
  { keys: ['Shift + 1', '…', '7'], what: 'overall quality (Likert), 7 is best' },
  ...FLAGS.map(({ key, label }) => ({ keys: [key], what: `flag: ${label.toLowerCase()}` })),
  { keys: ['Enter'], what: 'submit' },
  { keys: ['u'], what: 'undo, back through the whole session' },
  { keys: ['s'], what: 'skip this prompt; a digit says why' },
  { keys: ['?'], what: 'show these keys' },
];

/** What a key or a button of the board may open. */
export interface BoardDialogs {
  /** All keys. */
  keys(): void;
  /** The reasons for skipping. */
  skip(): void;
}

/**
 * Does what a key says. Digits are read by their place on the keyboard, so that they work on
 * layouts where they need Shift.
 * @returns whether the key meant something here
 */
export function pressKey(
  session: RankingSession,
  event: Pick<KeyboardEvent, 'key' | 'code' | 'shiftKey'>,
  ask: BoardDialogs,
): boolean {
  const item = session.selected();
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  if (digit) {
    const number = Number(digit);
    if (!event.shiftKey) session.change((board) => place(board, item, number - 1), true);
    else if (number <= 7) session.change((board) => rate(board, item, number));
    return true;
  }
  const flag = FLAGS.find(({ key }) => key === event.key.toLowerCase());
  if (flag) {
    session.change((board) => toggleFlag(board, item, flag.id));
    return true;
  }
  switch (event.key) {
    case 'ArrowUp':
      session.change((board) => move(board, item, -1));
      return true;
    case 'ArrowDown':
      session.change((board) => move(board, item, 1));
      return true;
    case 'ArrowLeft':
    case 'ArrowRight':
      step(session, event.key === 'ArrowLeft' ? -1 : 1);
      return true;
    case '=':
      session.change((board) => tie(board, item));
      return true;
    case 'Backspace':
    case 'Delete':
      session.change((board) => place(board, item, null));
      return true;
    case 'Enter':
      void session.submit();
      return true;
    case 'u':
    case 'U':
      void session.undo();
      return true;
    case 's':
    case 'S':
      ask.skip();
      return true;
    case '?':
      ask.keys();
      return true;
    default:
      return false;
  }
}

/** Selects the neighbour in the order on the page. */
function step(session: RankingSession, by: -1 | 1): void {
  const order = session.order();
  const at = order.indexOf(session.selected());
  const next = order[(at + by + order.length) % order.length];
  if (next === undefined) return;
  session.select(next);
  session.change((board) => board);
}
