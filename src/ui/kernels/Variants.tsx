/** Which variants of the matrix products run here: built in, or measured; and the way back. */
import { createSignal, For, onMount, Show } from 'solid-js';
import { FEATURES, type Feature } from '../../gpu/features';
import type { FeatureState, TuningStatus } from '../../lab/variants';
import { formatDuration, formatFixed, plural } from '../format';
import { useLab } from '../state/lab';
import { messageOf } from '../state/notices';
import styles from './Variants.module.css';

const LABELS: Record<Feature, string> = {
  subgroups: 'Subgroups: neighbouring threads share what they load',
  images: 'Images: matrices are read four numbers at a time, as pictures are',
  'shader-f16':
    'Half precision: text is sampled from weights rounded to 16 bits; training keeps 32',
};

const STATES: Record<FeatureState, string> = {
  used: 'checked here at the start against kernels that do without',
  off: 'off for new runs',
  failed: 'failed its check on this GPU and is left alone',
  missing: 'not for this browser’s GPU',
};

export function Variants() {
  const store = useLab();
  const [status, setStatus] = createSignal<TuningStatus | null>(null);
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal('');
  const change = async (work: () => Promise<TuningStatus>) => {
    setBusy(true);
    setProblem('');
    try {
      setStatus(await work());
    } catch (error) {
      setProblem(messageOf(error));
    }
    setBusy(false);
  };
  onMount(() => void change(() => store.api.tuning()));
  const tuning = () => status()?.tuning ?? null;
  const changed = () => tuning()?.choices.filter(({ gain }) => gain > 1).length ?? 0;
  const began = () => status()?.run?.choices.length ?? 0;
  return (
    <section class={styles['variants']} aria-labelledby="variants-title">
      <h3 id="variants-title">Variants of the matrix products</h3>
      <p role="status">
        <Show
          when={tuning()}
          fallback="The built-in choices for this kind of adapter; nothing was measured here."
        >
          {(found) =>
            `Measured here in ${formatDuration(Math.max(1, found().ms / 1000))}: ${plural(found().choices.length, 'class', 'classes')} of shapes, ${changed()} with another variant than the built-in one.`
          }
        </Show>{' '}
        <Show when={status()?.run}>
          {began() > 0
            ? 'This experiment runs the measured choices it began with.'
            : 'This experiment began with the built-in choices and keeps them.'}
        </Show>
      </p>
      <Show when={tuning()}>
        {(found) => (
          <details>
            <summary>Choices</summary>
            <table>
              <thead>
                <tr>
                  <th scope="col">Form and shape</th>
                  <th scope="col">Variant</th>
                  <th scope="col" data-number>
                    Faster
                  </th>
                </tr>
              </thead>
              <tbody>
                <For each={found().choices}>
                  {(choice) => (
                    <tr>
                      <th scope="row">{choice.class}</th>
                      <td class="mono small">{choice.variant}</td>
                      <td data-number>
                        {choice.gain > 1 ? `${formatFixed(choice.gain, 2)}×` : 'built in'}
                      </td>
                    </tr>
                  )}
                </For>
              </tbody>
            </table>
          </details>
        )}
      </Show>
      <Show when={status()}>
        {(known) => (
          <For each={FEATURES}>
            {(name) => {
              const state = () => known().features[name];
              return (
                <label class={styles['feature']}>
                  <input
                    type="checkbox"
                    checked={state() === 'used'}
                    disabled={state() === 'failed' || state() === 'missing'}
                    onChange={async ({ currentTarget: box }) => {
                      await change(() => store.api.useFeature(name, box.checked));
                      // Where that was refused, the box shows what is still so.
                      box.checked = state() === 'used';
                    }}
                  />
                  <span>
                    {LABELS[name]} <span class="small">({STATES[state()]})</span>
                  </span>
                </label>
              );
            }}
          </For>
        )}
      </Show>
      <p role="alert">{problem()}</p>
      <div class={styles['buttons']}>
        <button
          type="button"
          disabled={busy()}
          onClick={() => void change(() => store.api.tune(true))}
        >
          Tune for new runs
        </button>
        <button
          type="button"
          disabled={busy() || tuning() === null}
          onClick={() => void change(() => store.api.forgetTuning())}
        >
          Back to the built-in choices
        </button>
      </div>
    </section>
  );
}
