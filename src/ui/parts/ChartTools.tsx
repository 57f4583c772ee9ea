/** One row of tools for all charts of a room: what stands on x, smoothing, other runs beside. */
import { createUniqueId, For, Show } from 'solid-js';
import type { Training } from '../../config/stages';
import { metricText } from '../metrics';
import {
  axisOf,
  comparedRuns,
  compareRun,
  SMOOTHINGS,
  type Smoothing,
  setAxis,
  setSmoothing,
  smoothing,
} from '../state/charts';
import { useLab } from '../state/lab';
import styles from './ChartTools.module.css';
import { SQRT_KL } from './series';

/** What usually stands on x, where it is logged; every other metric comes after. */
const USUAL = ['step', 'episode', 'tokens', 'seconds', 'objective/kl', SQRT_KL];

export function ChartTools(props: {
  training: Training;
  /** The chart below has an x of its own. */
  fixedAxis?: boolean;
}) {
  const store = useLab();
  const logged = () => {
    const names = new Set(store.curves.rows(props.training).flatMap((row) => Object.keys(row)));
    if (names.has('objective/kl')) names.add(SQRT_KL);
    return names;
  };
  const usual = () => USUAL.filter((name) => name === 'step' || logged().has(name));
  const others = () => [...logged()].filter((name) => !USUAL.includes(name));
  const option = (name: string) => (
    <option value={name} selected={name === axisOf(props.training)}>
      {axisName(name, props.training)}
    </option>
  );
  return (
    <div class={styles['tools']}>
      <Show when={!props.fixedAxis}>
        <label>
          On x{' '}
          <select onChange={(event) => setAxis(props.training, event.target.value)}>
            <For each={usual()}>{option}</For>
            <Show when={others().length > 0}>
              <optgroup label="Any other metric">
                <For each={others()}>{option}</For>
              </optgroup>
            </Show>
          </select>
        </label>
      </Show>
      <label>
        Smoothing{' '}
        <select onChange={(event) => setSmoothing(event.target.value as Smoothing)}>
          <For each={Object.keys(SMOOTHINGS) as Smoothing[]}>
            {(name) => (
              <option value={name} selected={name === smoothing()}>
                {SMOOTHINGS[name]}
              </option>
            )}
          </For>
        </select>
      </label>
      <OtherRuns />
    </div>
  );
}

/** What an axis is called: PPO counts its steps as iterations. */
export function axisName(axis: string, training: Training): string {
  if (axis === 'step') return training === 'ppo' ? 'iteration' : 'step';
  if (axis === SQRT_KL) return '√KL (√nats)';
  const { label, unit } = metricText(axis);
  return unit ? `${label} (${unit})` : label;
}

function OtherRuns() {
  const store = useLab();
  const id = createUniqueId();
  const others = () =>
    store.state.experiments.filter((one) => one.id !== store.state.experiment?.id);
  const isOn = (run: string) => comparedRuns(store).some((one) => one.id === run);
  return (
    <Show when={others().length > 0}>
      <button type="button" data-small popovertarget={id}>
        Beside other runs
        {comparedRuns(store).length > 0 ? ` (${comparedRuns(store).length})` : ''}{' '}
        <span aria-hidden="true">▾</span>
      </button>
      <div id={id} popover="auto" class={styles['runs']}>
        <For each={others()}>
          {(one) => (
            <label>
              <input
                type="checkbox"
                checked={isOn(one.id)}
                onChange={(event) => void compareRun(store, one.id, event.target.checked)}
              />{' '}
              {one.name}
            </label>
          )}
        </For>
      </div>
    </Show>
  );
}
