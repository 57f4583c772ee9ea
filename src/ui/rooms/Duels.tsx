/** Blind duels: two answers, the person says which is better, and sees what wrote them after. */
import { createEffect, createSignal, For, on, Show } from 'solid-js';
import type { Writer } from '../../config/stages';
import type { DuelItem, DuelScore } from '../../lab/api';
import { formatPercent, plural, promptText } from '../format';
import { Empty, Section } from '../parts/Room';
import { Completion } from '../parts/Samples';
import { WRITER_NAMES, WRITER_TEXT } from '../parts/writers';
import { useLab } from '../state/lab';
import { labelerName } from '../state/labeler';
import styles from './Duels.module.css';

const KEYS = { 1: 'left', 2: 'right', '=': 'tie' } as const;

export function Duels() {
  const store = useLab();
  const [a, setA] = createSignal<Writer>('policy');
  const [b, setB] = createSignal<Writer>('sft_for_rl');
  const [item, setItem] = createSignal<DuelItem | null>(null);
  const [scores, setScores] = createSignal<readonly DuelScore[]>([]);
  const [busy, setBusy] = createSignal(false);
  const writers = () => store.writers();
  const ready = () =>
    store.state.gpu?.ok === true &&
    a() !== b() &&
    writers().includes(a()) &&
    writers().includes(b());
  createEffect(
    on([() => store.state.experiment?.id, () => writers().join()], () => {
      setItem(null);
      const last = writers().filter((writer) => writer !== 'policy_raw');
      if (last.length >= 2) {
        setA(last.at(-1)!);
        setB(last.at(-2)!);
      }
      if (!store.state.experiment) return setScores([]);
      void store.notices.attempt(async () => setScores(await store.api.duels()));
    }),
  );
  const next = async () => {
    setBusy(true);
    await store.notices.attempt(async () => setItem(await store.api.nextDuel(a(), b())));
    setBusy(false);
  };
  const choose = async (choice: 'left' | 'right' | 'tie') => {
    const duel = item();
    if (!duel || busy()) return;
    setBusy(true);
    const stored = await store.notices.attempt(async () => {
      await store.api.submitDuel(duel.id, choice, labelerName());
      setScores(await store.api.duels());
    });
    setBusy(false);
    if (stored) await next();
  };
  const pick = (set: (writer: Writer) => void) => (event: { target: HTMLSelectElement }) => {
    set(event.target.value as Writer);
    setItem(null);
  };
  return (
    <Section title="Blind duels">
      <Show
        when={writers().length >= 2}
        fallback={
          <Empty>
            Two answers to one prompt will stand here, and you say which is better without knowing
            what wrote them. It needs at least the base model and SFT.
          </Empty>
        }
      >
        <div class={styles['pair']}>
          <ModelSelect label="One model" value={a()} options={writers()} onChange={pick(setA)} />
          <span class="muted">against</span>
          <ModelSelect label="Other model" value={b()} options={writers()} onChange={pick(setB)} />
        </div>
        <Show
          when={item()}
          fallback={
            <button
              type="button"
              data-primary
              disabled={!ready() || busy()}
              onClick={() => void next()}
            >
              {a() === b() ? 'Choose two different models' : 'Start a duel'}
            </button>
          }
        >
          {(duel) => (
            <section
              class={styles['duel']}
              aria-label="Duel"
              onKeyDown={(event) => {
                const choice = KEYS[event.key as keyof typeof KEYS];
                if (choice) void choose(choice);
              }}
            >
              <p class={styles['prompt']}>{promptText(duel().prompt)}</p>
              <div class={styles['answers']}>
                <article class={styles['answer']}>
                  <h3>Answer 1</h3>
                  <Completion text={duel().left} />
                </article>
                <article class={styles['answer']}>
                  <h3>Answer 2</h3>
                  <Completion text={duel().right} />
                </article>
              </div>
              <div class={styles['buttons']}>
                <button type="button" disabled={busy()} onClick={() => void choose('left')}>
                  1 is better
                </button>
                <button type="button" disabled={busy()} onClick={() => void choose('tie')}>
                  Equal
                </button>
                <button type="button" disabled={busy()} onClick={() => void choose('right')}>
                  2 is better
                </button>
              </div>
              <p class="small muted">
                With the focus here, <kbd>1</kbd>, <kbd>2</kbd> and <kbd>=</kbd> do the same.
              </p>
            </section>
          )}
        </Show>
      </Show>
      <ul class={styles['scores']} aria-live="polite">
        <For each={scores()}>{(score) => <Score score={score} />}</For>
      </ul>
    </Section>
  );
}

function ModelSelect(props: {
  label: string;
  value: Writer;
  options: readonly Writer[];
  onChange: (event: { target: HTMLSelectElement }) => void;
}) {
  return (
    <select
      aria-label={props.label}
      value={props.value}
      onChange={(event) => props.onChange(event)}
    >
      <For each={props.options}>
        {(writer) => (
          <option value={writer} title={WRITER_TEXT[writer]} selected={writer === props.value}>
            {WRITER_NAMES[writer]}
          </option>
        )}
      </For>
    </select>
  );
}

/** A win rate with its interval, as words and as a line. */
export function Score(props: { score: DuelScore; unit?: string }) {
  const percent = (share: number) => `${(share * 100).toFixed(1)}%`;
  return (
    <li class={styles['score']}>
      <p>
        <strong>{WRITER_NAMES[props.score.a]}</strong> wins{' '}
        <strong>{formatPercent(props.score.mean, 1)}</strong> against {WRITER_NAMES[props.score.b]}
      </p>
      <div class={styles['interval']} aria-hidden="true">
        <span
          style={{
            left: percent(props.score.ci95[0]),
            width: percent(props.score.ci95[1] - props.score.ci95[0]),
          }}
        />
        <i style={{ left: percent(props.score.mean) }} />
      </div>
      <p class="small muted">
        95 % interval {formatPercent(props.score.ci95[0], 1)} to{' '}
        {formatPercent(props.score.ci95[1], 1)}, {plural(props.score.n, props.unit ?? 'duel')},
        judged by {props.score.judge}
      </p>
    </li>
  );
}
