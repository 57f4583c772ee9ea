/** The Look inside lens: a text, a model, and what goes on between its tokens. */
import { createEffect, createSignal, For, on, onMount, Show } from 'solid-js';
import { MODELS, type ModelName, WRITERS, type Writer } from '../../config/stages';
import type { Inspection } from '../../lab/api';
import { MODEL_NAMES } from '../parts/writers';
import { closeInside, insideRequest } from '../state/inside';
import { useLab } from '../state/lab';
import { messageOf } from '../state/notices';
import { AttentionMaps } from './AttentionMaps';
import styles from './InsideLens.module.css';
import { LogitLens } from './LogitLens';
import { NextTokens, ScoreByDepth } from './NextTokens';
import { createSelection } from './selection';
import { TokenRow } from './TokenRow';

const isWriter = (model: ModelName): model is Writer => WRITERS.some((writer) => writer === model);

/** The text that was looked at last, for the next time the lens opens. */
let lastText = 'Q: What colour is the owl?\nA: The owl is green.';

export default function InsideLens() {
  const store = useLab();
  let dialog!: HTMLDialogElement;
  const models = () =>
    MODELS.filter((model) => store.state.experiment?.models.includes(model) ?? false);
  const [chosen, setChosen] = createSignal<ModelName | null>(insideRequest()?.model ?? null);
  /** The furthest model that writes, until one is chosen. */
  const model = (): ModelName =>
    chosen() ?? models().findLast((name) => isWriter(name) && name !== 'policy_raw') ?? 'base';
  const [text, setText] = createSignal(insideRequest()?.text ?? lastText);
  const [inspection, setInspection] = createSignal<Inspection | null>(null);
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal('');
  const ready = () => store.state.gpu?.ok === true && models().includes(model());
  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    setProblem('');
    try {
      await work();
    } catch (error) {
      setProblem(messageOf(error));
    }
    setBusy(false);
  };
  const look = () =>
    attempt(async () => {
      lastText = text();
      setInspection(await store.api.inspect({ model: model(), text: text() }));
    });
  let seed = Date.now() % 1000;
  const another = () =>
    attempt(async () => {
      const [prompt] = await store.api.prompts('test', 1, ++seed);
      if (prompt) setText(prompt);
    });
  const goOn = () =>
    attempt(async () => {
      const request = { model: model() as Writer, prompts: [text()], temperature: 1, seed: ++seed };
      const [sample] = await store.api.sample(request);
      setText(text() + sample!.completion);
      setInspection(await store.api.inspect({ model: model(), text: text() }));
    });
  onMount(() => dialog.showModal());
  // At once, or as soon as there is a model: the lens may open before the experiment does.
  createEffect(on(ready, (now) => now && !inspection() && void look()));
  return (
    <dialog
      ref={dialog}
      class={styles['lens']}
      aria-labelledby="inside-title"
      onClose={closeInside}
    >
      <div class={styles['head']}>
        <h2 id="inside-title">Look inside</h2>
        <button type="button" data-small onClick={() => dialog.close()}>
          Close
        </button>
      </div>
      <form
        class={styles['form']}
        onSubmit={(event) => {
          event.preventDefault();
          void look();
        }}
      >
        <label class={styles['text']}>
          <span class="small muted">Text</span>
          <textarea rows="2" value={text()} onInput={(event) => setText(event.target.value)} />
        </label>
        <div class={styles['buttons']}>
          <label>
            <span class="small muted">Model</span>{' '}
            <select
              value={model()}
              disabled={models().length === 0}
              onChange={(event) => {
                setChosen(event.target.value as ModelName);
                void look();
              }}
            >
              <For each={models()}>
                {(name) => (
                  <option value={name} selected={name === model()}>
                    {MODEL_NAMES[name]}
                  </option>
                )}
              </For>
            </select>
          </label>
          <button type="submit" data-primary disabled={!ready() || busy()}>
            {busy() ? 'Looking …' : 'Look inside'}
          </button>
          <Show when={isWriter(model())}>
            <button type="button" disabled={!ready() || busy()} onClick={() => void goOn()}>
              Let it go on
            </button>
          </Show>
          <button
            type="button"
            disabled={!store.state.experiment || busy()}
            onClick={() => void another()}
          >
            Another prompt
          </button>
        </div>
      </form>
      <p class={styles['problem']} role="alert">
        {problem()}
      </p>
      <Show
        when={inspection()}
        keyed
        fallback={
          <p class="muted">
            {ready()
              ? 'Attention, next tokens and the logit lens will be here.'
              : 'There is no model to look into yet: train the base model first.'}
          </p>
        }
      >
        {(shown) => <Shown inspection={shown} />}
      </Show>
    </dialog>
  );
}

function Shown(props: { inspection: Inspection }) {
  const selection = createSelection(props.inspection);
  return (
    <div class={styles['shown']}>
      <TokenRow inspection={props.inspection} selection={selection} />
      <div class={styles['columns']}>
        <AttentionMaps inspection={props.inspection} selection={selection} />
        <Show
          when={props.inspection.lens}
          fallback={<ScoreByDepth inspection={props.inspection} selection={selection} />}
        >
          <div class={styles['column']}>
            <NextTokens inspection={props.inspection} selection={selection} />
            <LogitLens inspection={props.inspection} selection={selection} />
          </div>
        </Show>
      </div>
    </div>
  );
}
