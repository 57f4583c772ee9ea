/**
 * A ranking session: the item at hand, its board with undo through the whole session, drafts that
 * survive a reload, and submissions that are stored before the next item comes.
 */
import { createEffect, createSignal, on } from 'solid-js';
import type { RankingItem, RankingReveal } from '../../lab/api';
import {
  type Board,
  begin,
  boardOf,
  change,
  emptyBoard,
  groups,
  type History,
  pairs,
  ranks,
  undo,
  unplaced,
} from '../rank/ranking';
import type { LabStore } from './lab';
import { labelerName } from './labeler';
import { messageOf } from './notices';
import { createStopwatch } from './stopwatch';

export interface Revealed extends RankingReveal {
  readonly item: RankingItem;
  readonly ranks: readonly number[];
}

export interface RankingSession {
  item(): RankingItem | null;
  board(): Board;
  selected(): number;
  select(item: number): void;
  /** The completions as they stand on the page: not placed, then by rank. */
  order(): readonly number[];
  pairs(): number;
  /** Changes the board; `advance` goes on to the next completion that is not placed. */
  change(next: (board: Board) => Board, advance?: boolean): void;
  submit(): Promise<void>;
  /** @param reason why, in words */
  skip(reason: string): Promise<void>;
  undo(): Promise<void>;
  reload(): Promise<void>;
  /** Gives the keyboard back to the selected completion, after a dialog. */
  refocus(): void;
  /** What to tell the person now: a hint, or why something did not happen. */
  message(): string;
  busy(): boolean;
  failure(): string | null;
  /** What wrote the item that was submitted last. */
  revealed(): Revealed | null;
  /** Mean seconds an item of this session; null before the first. */
  meanSeconds(): number | null;
  /** Grows whenever the keyboard's focus should go to the selected completion. */
  focusRequests(): number;
}

const draftKey = (experiment: string, labeler: string) =>
  `pocket-rlhf.draft.${experiment}.${labeler}`;

export function createRankingSession(store: LabStore, ready: () => boolean): RankingSession {
  const [item, setItem] = createSignal<RankingItem | null>(null);
  const [history, setHistory] = createSignal<History>(begin(emptyBoard(0)));
  const [selected, setSelected] = createSignal(0);
  const [message, setMessage] = createSignal('');
  const [busy, setBusy] = createSignal(false);
  const [failure, setFailure] = createSignal<string | null>(null);
  const [revealed, setRevealed] = createSignal<Revealed | null>(null);
  const [times, setTimes] = createSignal<readonly number[]>([]);
  const [focusRequests, setFocusRequests] = createSignal(0);
  const histories = new Map<string, History>();
  const stopwatch = createStopwatch();

  const experiment = () => store.state.experiment?.id ?? '';
  const board = () => history().present;
  const order = () => [...unplaced(board()), ...groups(board()).flat()];

  const show = (next: RankingItem, shown: History) => {
    setItem(next);
    setHistory(shown);
    setSelected(unplaced(shown.present)[0] ?? 0);
    stopwatch.restart();
    setFocusRequests((n) => n + 1);
  };
  const load = async () => {
    const labeler = labelerName();
    const next = await store.api.nextRanking(labeler);
    const draft = readDraft(draftKey(experiment(), labeler), next);
    show(next, histories.get(next.id) ?? begin(draft ?? emptyBoard(next.completions.length)));
  };
  /** One command at a time; what goes wrong is told, and the board stays as it is. */
  const guarded = async (work: () => Promise<void>) => {
    if (busy()) return;
    setBusy(true);
    setMessage('');
    try {
      await work();
      setFailure(null);
    } catch (error) {
      setMessage(messageOf(error));
      if (!item()) setFailure(messageOf(error));
    }
    setBusy(false);
  };
  const reload = () => guarded(load);

  createEffect(
    on([experiment, labelerName, ready], ([id, , now]) => {
      setItem(null);
      setRevealed(null);
      histories.clear();
      if (id && now) void reload();
    }),
  );

  const send = async (given: readonly number[] | null, reason?: string) => {
    const current = item();
    if (!current) return;
    const { likert, flags } = board();
    const seconds = stopwatch.seconds();
    const labeler = labelerName();
    histories.set(current.id, history());
    let reveal: RankingReveal;
    try {
      reveal = await store.api.submitRanking({
        id: current.id,
        labeler,
        ranks: given,
        likert: [...likert],
        flags: flags.map((list) => [...list]),
        seconds,
        ...(reason === undefined ? {} : { reason }),
      });
    } catch (error) {
      // The item may be gone, after its stage was thrown away: show what there is now.
      await load().catch(() => {});
      throw error;
    }
    removeDraft(draftKey(experiment(), labeler));
    if (given) setTimes((all) => [...all, seconds]);
    setRevealed(given && { ...reveal, item: current, ranks: given });
    await load();
  };

  return {
    item,
    board,
    selected,
    select: setSelected,
    order,
    pairs: () => pairs(board()),
    change(next, advance = false) {
      const current = item();
      if (!current || busy()) return;
      setMessage('');
      setHistory(change(history(), next(board())));
      writeDraft(draftKey(experiment(), labelerName()), current.id, board());
      const waiting = unplaced(board())[0];
      if (advance && waiting !== undefined) setSelected(waiting);
      setFocusRequests((n) => n + 1);
    },
    submit: () =>
      guarded(async () => {
        const given = ranks(board());
        const left = unplaced(board()).length;
        if (given) await send(given);
        else setMessage(`${left} still to place before it can be submitted, or skip it with s.`);
      }),
    skip: (reason) => guarded(() => send(null, reason)),
    undo: () =>
      guarded(async () => {
        const before = undo(history());
        const current = item();
        if (before && current) {
          setHistory(before);
          writeDraft(draftKey(experiment(), labelerName()), current.id, before.present);
          setFocusRequests((n) => n + 1);
          return;
        }
        const taken = await store.api.undoRanking(labelerName());
        if (!taken) {
          setMessage('There is nothing to take back.');
          return;
        }
        if (current) histories.set(current.id, history());
        if (taken.was.ranks) setTimes((all) => all.slice(0, -1));
        setRevealed(null);
        show(taken.item, histories.get(taken.item.id) ?? begin(boardOf(taken.was)));
        setMessage('The last submission is taken back; change it and submit again.');
      }),
    reload,
    refocus: () => setFocusRequests((n) => n + 1),
    message,
    busy,
    failure,
    revealed,
    meanSeconds: () =>
      times().length > 0 ? times().reduce((sum, s) => sum + s, 0) / times().length : null,
    focusRequests,
  };
}

function readDraft(key: string, item: RankingItem): Board | null {
  try {
    const draft = JSON.parse(localStorage.getItem(key) ?? 'null') as {
      id: string;
      board: Board;
    } | null;
    const fits = draft?.id === item.id && draft.board.slots.length === item.completions.length;
    return fits ? draft.board : null;
  } catch {
    return null;
  }
}

function writeDraft(key: string, id: string, board: Board): void {
  try {
    localStorage.setItem(key, JSON.stringify({ id, board }));
  } catch {
    // A draft is a convenience; what is submitted is stored by the lab.
  }
}

function removeDraft(key: string): void {
  try {
    localStorage.removeItem(key);
  } catch {
    // As above.
  }
}
