/** Any answer to any prompt: its reward after each token, and what the world says of it. */
import { createSignal, For, Show } from 'solid-js';
import type { LabApi } from '../../lab/api';
import { formatSigned } from '../format';
import { Section } from '../parts/Room';
import { TokenStrip } from '../parts/TokenStrip';
import { useLab } from '../state/lab';
import styles from './ScoreAnswer.module.css';

type Scored = Awaited<ReturnType<LabApi['score']>>;

export function ScoreAnswer() {
  const store = useLab();
  const [prompt, setPrompt] = createSignal('Q: What colour is the owl?\nA:');
  const [answer, setAnswer] = createSignal('The owl is green.');
  const [scored, setScored] = createSignal<Scored | null>(null);
  const [busy, setBusy] = createSignal(false);
  const ready = () =>
    store.state.gpu?.ok === true && store.state.experiment?.models.includes('reward') === true;
  const score = async () => {
    setBusy(true);
    await store.notices.attempt(async () => {
      setScored(await store.api.score(prompt(), ` ${answer().trim()}`));
    });
    setBusy(false);
  };
  let seed = 0;
  const another = () =>
    store.notices.attempt(async () => {
      const [next] = await store.api.prompts('test', 1, ++seed);
      if (next) setPrompt(next);
    });
  return (
    <Section title="Score an answer">
      <form
        class={styles['form']}
        onSubmit={(event) => {
          event.preventDefault();
          void score();
        }}
      >
        <label>
          Prompt
          <textarea rows="3" value={prompt()} onInput={(event) => setPrompt(event.target.value)} />
        </label>
        <label>
          Answer
          <textarea rows="3" value={answer()} onInput={(event) => setAnswer(event.target.value)} />
        </label>
        <div class={styles['buttons']}>
          <button type="submit" data-primary disabled={!ready() || busy()}>
            {busy() ? 'Scoring …' : 'Score it'}
          </button>
          <button type="button" disabled={!store.state.experiment} onClick={() => void another()}>
            Another prompt
          </button>
        </div>
        <Show when={!ready()}>
          <p class="small muted">
            {store.state.gpu?.ok === true
              ? 'Scores come once the reward model is trained.'
              : 'Scoring needs WebGPU.'}
          </p>
        </Show>
      </form>
      <Show when={scored()}>{(result) => <Result scored={result()} />}</Show>
    </Section>
  );
}

function Result(props: { scored: Scored }) {
  const last = () => props.scored.rewards.at(-1) ?? 0;
  return (
    <div class={styles['result']} aria-live="polite">
      <dl class={styles['figures']}>
        <div>
          <dt>Reward (learned)</dt>
          <dd>{formatSigned(last())}</dd>
        </div>
        <div>
          <dt>True reward (0 to 1)</dt>
          <dd>{props.scored.trueReward?.toFixed(2) ?? 'unknown'}</dd>
        </div>
      </dl>
      <h3>Reward after each token</h3>
      <TokenStrip
        tokens={props.scored.tokens}
        values={props.scored.rewards}
        label="Reward after each token"
      />
      <Show
        when={props.scored.trueReward !== null}
        fallback={
          <p class="small muted">The world does not know this prompt, so it has no true reward.</p>
        }
      >
        <h3>What the world says</h3>
        <ul class={styles['reasons']}>
          <For each={props.scored.explanations} fallback={<li>Nothing to object to.</li>}>
            {(reason) => <li>{reason}</li>}
          </For>
        </ul>
      </Show>
    </div>
  );
}
