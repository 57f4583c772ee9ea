/** The responses of this iteration, each token coloured by what is asked about it. */
import { createSignal, For, Show } from 'solid-js';
import type { RolloutView } from '../../lab/api';
import { formatSigned, promptText } from '../format';
import { Choices } from '../parts/Choices';
import { HeatTable } from '../parts/HeatTable';
import { Empty, Section } from '../parts/Room';
import { TokenStrip } from '../parts/TokenStrip';
import { openInside } from '../state/inside';
import { useLab } from '../state/lab';
import styles from './Rollouts.module.css';

const METRICS = [
  {
    value: 'rewards',
    label: 'Reward',
    meaning: 'what each token earns: −β · KL, and the score at the end',
  },
  {
    value: 'kl',
    label: 'KL',
    meaning: 'log π − log π_ref: blue is likelier than for SFT, orange less likely',
  },
  {
    value: 'values',
    label: 'Value',
    meaning: 'the reward that the value model still expects before this token',
  },
  {
    value: 'advantages',
    label: 'Advantage',
    meaning: 'blue came better than expected and is made likelier, orange worse',
  },
  { value: 'logprobs', label: 'Log-probability', meaning: 'how sure the policy was of its token' },
] as const;
const CHOICES = [...METRICS, { value: 'all', label: 'All' }] as const;
type Metric = (typeof CHOICES)[number]['value'];

function valuesOf(rollout: RolloutView, metric: Metric): readonly number[] {
  if (metric === 'all') return [];
  return metric === 'kl'
    ? rollout.logprobs.map((logprob, t) => logprob - (rollout.refLogprobs[t] ?? 0))
    : rollout[metric];
}

export function Rollouts() {
  const store = useLab();
  const [metric, setMetric] = createSignal<Metric>('advantages');
  const rollouts = () => store.state.rollouts;
  /** One scale for all, so that colours can be compared between responses. */
  const scale = () =>
    Math.max(
      1e-6,
      ...(rollouts()?.rollouts ?? []).flatMap((r) => valuesOf(r, metric()).map(Math.abs)),
    );
  const meaning = () =>
    METRICS.find((entry) => entry.value === metric())?.meaning ??
    'every measure of every token, each row with its own scale; a row’s name tells what it is';
  return (
    <div class={styles['rollouts']}>
      <Section
        title={rollouts() ? `Responses of iteration ${rollouts()!.iteration}` : 'Responses'}
        aside={
          <Choices label="Colour by" options={CHOICES} value={metric()} onChange={setMetric} />
        }
      >
        <Show
          when={rollouts()?.rollouts.length}
          fallback={
            <Empty>
              The responses of the current iteration will be here, token by token, with what each
              token earned and what was expected of it.
            </Empty>
          }
        >
          <p class={styles['meaning']}>{meaning()}</p>
          <ul class={styles['list']}>
            <For each={rollouts()!.rollouts}>
              {(rollout) => (
                <li class={styles['item']}>
                  <p class={styles['prompt']}>{promptText(rollout.prompt)}</p>
                  <Show
                    when={metric() === 'all'}
                    fallback={
                      <TokenStrip
                        tokens={rollout.tokens}
                        values={valuesOf(rollout, metric())}
                        scale={scale()}
                        label={`Response by ${metric()}`}
                      />
                    }
                  >
                    <HeatTable
                      caption={`Response to: ${promptText(rollout.prompt)}`}
                      tokens={rollout.tokens}
                      rows={METRICS.map(({ value, label, meaning }) => ({
                        label,
                        meaning,
                        values: valuesOf(rollout, value),
                      }))}
                    />
                  </Show>
                  <p class={styles['figures']}>
                    score {formatSigned(rollout.score)}
                    <Show when={rollout.trueReward !== null}>
                      {' '}
                      · true reward {rollout.trueReward!.toFixed(2)} of 1
                    </Show>{' '}
                    <button
                      type="button"
                      data-plain
                      data-small
                      onClick={() => openInside({ text: rollout.prompt + rollout.tokens.join('') })}
                    >
                      Look inside
                    </button>
                  </p>
                </li>
              )}
            </For>
          </ul>
        </Show>
      </Section>
    </div>
  );
}
