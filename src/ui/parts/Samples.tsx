/** What models write, set as text to be read: prompt, answer, and what is known about it. */
import { createMemo, createSignal, For, Show } from 'solid-js';
import type { Sample } from '../../lab/api';
import { formatSigned, promptText } from '../format';
import type { SampleSet } from '../state/curves';
import styles from './Samples.module.css';
import { WRITER_NAMES } from './writers';

/** Reasons that are read at once; the rest is a click away. */
const SHOWN_REASONS = 2;

export function SampleList(props: { samples: readonly Sample[]; showModel?: boolean }) {
  return (
    <ul class={styles['list']}>
      <For each={props.samples}>
        {(sample) => (
          <li class={styles['sample']}>
            <Show when={props.showModel}>
              <p class={styles['model']}>{WRITER_NAMES[sample.model]}</p>
            </Show>
            <p class={styles['prompt']}>{promptText(sample.prompt)}</p>
            <Completion text={sample.completion} />
            <Judgement sample={sample} />
          </li>
        )}
      </For>
    </ul>
  );
}

/** An answer; one without a word says so. */
export function Completion(props: { text: string }) {
  return (
    <Show
      when={props.text.trim()}
      fallback={<p class={styles['nothing']}>(nothing: it ended at once)</p>}
    >
      <p class={styles['completion']}>{props.text.trim()}</p>
    </Show>
  );
}

/** Learned reward, true reward and the scorer's reasons, as far as they are known. */
export function Judgement(props: {
  sample: Pick<Sample, 'reward' | 'trueReward' | 'explanations'>;
}) {
  const figures = () =>
    [
      props.sample.reward !== undefined && `reward ${formatSigned(props.sample.reward)}`,
      props.sample.trueReward !== undefined &&
        `true reward ${props.sample.trueReward.toFixed(2)} of 1`,
    ]
      .filter(Boolean)
      .join(' · ');
  return (
    <Show when={figures() || props.sample.explanations?.length}>
      <p class={styles['judgement']}>
        {figures()}
        <Show when={props.sample.explanations?.length}>
          <span class={styles['reasons']}>
            {props.sample.explanations!.slice(0, SHOWN_REASONS).join('; ')}
          </span>
        </Show>
      </p>
      <Show when={(props.sample.explanations?.length ?? 0) > SHOWN_REASONS}>
        <details class={styles['judgement']}>
          <summary>{props.sample.explanations!.length - SHOWN_REASONS} more</summary>
          {props.sample.explanations!.slice(SHOWN_REASONS).join('; ')}
        </details>
      </Show>
    </Show>
  );
}

/** The samples that belong to a curve, with a slider back to earlier steps. */
export function SamplesOverTime(props: { sets: readonly SampleSet[]; empty: string }) {
  const [back, setBack] = createSignal(0);
  const at = createMemo(() => Math.max(0, props.sets.length - 1 - back()));
  const set = () => props.sets[at()];
  return (
    <Show when={set()} fallback={<p class="muted">{props.empty}</p>}>
      {(shown) => (
        <div class={styles['overTime']}>
          <label class={styles['when']}>
            <span>At step {shown().step.toLocaleString('en-US')}</span>
            <input
              type="range"
              min="0"
              max={Math.max(0, props.sets.length - 1)}
              value={at()}
              hidden={props.sets.length < 2}
              onInput={(event) => setBack(props.sets.length - 1 - event.target.valueAsNumber)}
            />
          </label>
          <SampleList samples={shown().samples} />
        </div>
      )}
    </Show>
  );
}
