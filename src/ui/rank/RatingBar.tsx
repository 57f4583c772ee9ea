/** Rank, quality and flags of the selected completion, and what to do with the whole item. */
import { For } from 'solid-js';
import type { RankingSession } from '../state/ranking';
import { letterOf } from './Card';
import type { BoardDialogs } from './keys';
import styles from './RatingBar.module.css';
import { type Board, FLAGS, move, place, rate, tie, toggleFlag, unplaced } from './ranking';

const MOVES = [
  { sign: '↑', what: 'Move it better', act: (b: Board, i: number) => move(b, i, -1) },
  { sign: '↓', what: 'Move it worse', act: (b: Board, i: number) => move(b, i, 1) },
  { sign: '=', what: 'Tie it with its neighbour', act: tie },
  { sign: '✕', what: 'Take it off the ranking', act: (b: Board, i: number) => place(b, i, null) },
] as const;
const LIKERT = [1, 2, 3, 4, 5, 6, 7] as const;

export function RatingBar(props: { session: RankingSession; dialogs: BoardDialogs }) {
  const session = () => props.session;
  const item = () => session().selected();
  const letter = () => letterOf(item());
  const complete = () => unplaced(session().board()).length === 0;
  return (
    <div class={styles['bar']} data-bar>
      <div class={styles['rating']}>
        <fieldset>
          <legend>
            Rank of <strong>{letter()}</strong>
          </legend>
          <For
            each={session()
              .board()
              .slots.map((_, slot) => slot)}
          >
            {(slot) => (
              <button
                type="button"
                data-small
                aria-pressed={session().board().slots[item()] === slot}
                aria-label={`Place ${letter()} at rank ${slot + 1}`}
                onClick={() => session().change((board) => place(board, item(), slot), true)}
              >
                {slot + 1}
              </button>
            )}
          </For>
          <span class={styles['moves']}>
            <For each={MOVES}>
              {(entry) => (
                <button
                  type="button"
                  data-small
                  aria-label={entry.what.replace('it', letter())}
                  title={entry.what.replace('it', letter())}
                  onClick={() => session().change((board) => entry.act(board, item()))}
                >
                  {entry.sign}
                </button>
              )}
            </For>
          </span>
        </fieldset>
        <fieldset>
          <legend>
            Overall quality of <strong>{letter()}</strong>
          </legend>
          <For each={LIKERT}>
            {(score) => (
              <button
                type="button"
                data-small
                aria-pressed={session().board().likert[item()] === score}
                aria-label={`Quality ${score} of 7`}
                onClick={() => session().change((board) => rate(board, item(), score))}
              >
                {score}
              </button>
            )}
          </For>
        </fieldset>
        <fieldset>
          <legend>
            Flags of <strong>{letter()}</strong>
          </legend>
          <For each={FLAGS}>
            {(flag) => (
              <button
                type="button"
                data-small
                aria-pressed={session().board().flags[item()]?.includes(flag.id) ?? false}
                onClick={() => session().change((board) => toggleFlag(board, item(), flag.id))}
              >
                <KeyedLabel text={flag.label} letter={flag.key} />
              </button>
            )}
          </For>
        </fieldset>
      </div>
      <div class={styles['actions']}>
        <button
          type="button"
          data-primary
          disabled={session().busy() || !complete()}
          onClick={() => void session().submit()}
        >
          Submit
        </button>
        <button type="button" disabled={session().busy()} onClick={() => void session().undo()}>
          Undo
        </button>
        <button type="button" disabled={session().busy()} onClick={() => props.dialogs.skip()}>
          Skip …
        </button>
        <button type="button" data-plain onClick={() => props.dialogs.keys()}>
          Keys <kbd>?</kbd>
        </button>
        <p class={styles['message']} role="status">
          {session().message() || (complete() ? `Gives ${session().pairs()} pairs.` : '')}
        </p>
      </div>
    </div>
  );
}

/** A label with the letter of its key underlined. */
function KeyedLabel(props: { text: string; letter: string }) {
  const at = () => props.text.toLowerCase().indexOf(props.letter);
  return (
    <>
      {props.text.slice(0, at())}
      <u>{props.text.charAt(at())}</u>
      {props.text.slice(at() + 1)}
    </>
  );
}
