/** A prompt to type and the answers of one or several models, side by side. */
import { createSignal, createUniqueId, For, Show } from 'solid-js';
import type { Writer } from '../../config/stages';
import type { Sample } from '../../lab/api';
import { useLab } from '../state/lab';
import { Completion, Judgement } from './Samples';
import styles from './TryPrompt.module.css';
import { WRITER_NAMES } from './writers';

export function TryPrompt(props: { models: readonly Writer[]; start: string }) {
  const store = useLab();
  const id = createUniqueId();
  const [prompt, setPrompt] = createSignal(props.start);
  const [temperature, setTemperature] = createSignal(1);
  const [answers, setAnswers] = createSignal<readonly Sample[]>([]);
  const [busy, setBusy] = createSignal(false);
  let seed = 1;
  const ready = () => store.state.gpu?.ok === true && props.models.length > 0;
  const write = async () => {
    setBusy(true);
    await store.notices.attempt(async () => {
      const all: Sample[] = [];
      for (const model of props.models) {
        const request = { model, prompts: [prompt()], temperature: temperature(), seed };
        all.push(...(await store.api.sample(request)));
      }
      seed++;
      setAnswers(all);
    });
    setBusy(false);
  };
  const another = () =>
    store.notices.attempt(async () => {
      const [next] = await store.api.prompts('test', 1, ++seed);
      if (next) setPrompt(next);
    });
  return (
    <form
      class={styles['try']}
      onSubmit={(event) => {
        event.preventDefault();
        void write();
      }}
    >
      <label class="hidden-visually" for={id}>
        Prompt
      </label>
      <textarea
        id={id}
        rows="3"
        value={prompt()}
        onInput={(event) => setPrompt(event.target.value)}
      />
      <div class={styles['row']}>
        <button type="submit" disabled={!ready() || busy()}>
          {busy() ? 'Writing …' : answers().length > 0 ? 'Write again' : 'Write an answer'}
        </button>
        <button type="button" disabled={!store.state.experiment} onClick={() => void another()}>
          Another prompt
        </button>
        <label class={styles['temperature']}>
          Temperature
          <input
            type="number"
            min="0"
            max="2"
            step="0.1"
            value={temperature()}
            onInput={(event) => setTemperature(event.target.valueAsNumber || 0)}
          />
        </label>
      </div>
      <Show when={!ready()}>
        <p class="muted small">
          {store.state.gpu?.ok === true
            ? 'The models that answer are not trained yet.'
            : 'Sampling needs WebGPU.'}
        </p>
      </Show>
      <div class={styles['answers']} aria-live="polite">
        <For each={answers()}>
          {(answer) => (
            <article class={styles['answer']}>
              <h3>{WRITER_NAMES[answer.model]}</h3>
              <Completion text={answer.completion} />
              <Judgement sample={answer} />
            </article>
          )}
        </For>
      </div>
    </form>
  );
}
