/** The form for a new experiment: preset, seed, and every setting with the paper's value beside. */
import { createEffect, createSignal, For, on, onMount, Show } from 'solid-js';
import {
  ConfigError,
  changesOf,
  defaultConfig,
  type ExperimentConfig,
  parseConfig,
} from '../../config/experiment';
import { PRESETS, type Preset } from '../../config/fields';
import type { Fit } from '../../lab/fit';
import { formatBytes, formatDuration, plural } from '../format';
import { SettingsForm } from '../parts/SettingsForm';
import { useLab } from '../state/lab';
import { messageOf } from '../state/notices';
import styles from './dialog.module.css';
import own from './NewExperiment.module.css';

const PRESET_TEXT: Readonly<Record<Preset, string>> = {
  nano: '2 layers, 0.14 M parameters: any machine, software adapters too',
  micro: '4 layers, 0.94 M parameters: a laptop’s integrated GPU',
  mini: '6 layers, 5.3 M parameters: a laptop with a discrete GPU',
};

const SECTIONS = [
  'data',
  'model',
  'base',
  'sft',
  'sft_for_rl',
  'reward',
  'ppo',
  'evaluate',
] as const;

export default function NewExperiment(props: { onClose: () => void }) {
  const store = useLab();
  let dialog!: HTMLDialogElement;
  onMount(() => dialog.showModal());
  const [config, setConfig] = createSignal<ExperimentConfig>(
    defaultConfig(store.defaultPreset(), nextSeed(store.state.experiments.map((e) => e.seed))),
  );
  const [name, setName] = createSignal('');
  const suggested = () => `${config().preset} ${config().seed}`;
  const changed = () => Object.keys(changesOf(config())).length;
  const problem = () => {
    try {
      parseConfig(config());
      return null;
    } catch (error) {
      return error instanceof ConfigError ? error.message : messageOf(error);
    }
  };
  const create = async (event: Event) => {
    event.preventDefault();
    if (problem()) return;
    dialog.close();
    await store.create(config(), name().trim() || suggested());
  };
  return (
    <dialog
      ref={dialog}
      class={styles['dialog']}
      data-wide
      aria-labelledby="new-title"
      onClose={() => props.onClose()}
    >
      <form onSubmit={create}>
        <h2 id="new-title">New experiment</h2>
        <fieldset class={own['presets']}>
          <legend>Size</legend>
          <For each={PRESETS}>
            {(preset) => (
              <label class={own['preset']}>
                <input
                  type="radio"
                  name="preset"
                  checked={config().preset === preset}
                  onChange={() => setConfig(defaultConfig(preset, config().seed))}
                />
                <span>
                  <strong>{preset}</strong>
                  <Show when={preset === store.defaultPreset()}> (suggested here)</Show>
                  <span class={own['about']}>{PRESET_TEXT[preset]}</span>
                </span>
              </label>
            )}
          </For>
        </fieldset>
        <div class={own['row']}>
          <label>
            Seed
            <input
              type="number"
              min="0"
              max="4294967295"
              step="1"
              required
              value={config().seed}
              onInput={(event) => setConfig({ ...config(), seed: event.target.valueAsNumber })}
            />
          </label>
          <label class={own['wide']}>
            Name
            <input
              value={name()}
              placeholder={suggested()}
              maxlength="60"
              onInput={(event) => setName(event.target.value)}
            />
          </label>
        </div>
        <details>
          <summary>
            Settings {changed() > 0 ? `(${plural(changed(), 'change')})` : '(defaults of the size)'}
          </summary>
          <SettingsForm
            sections={SECTIONS}
            preset={config().preset}
            values={config().settings}
            onChange={(key, value) =>
              setConfig({ ...config(), settings: { ...config().settings, [key]: value } })
            }
          />
        </details>
        <EstimateLine config={config()} valid={problem() === null} />
        <p class={own['problem']} role="alert">
          {problem()}
        </p>
        <div class={styles['buttons']}>
          <button type="button" onClick={() => dialog.close()}>
            Cancel
          </button>
          <button type="submit" data-primary disabled={problem() !== null}>
            Create
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** The memory and time that a whole run would take. */
export function EstimateLine(props: { config: ExperimentConfig; valid: boolean }) {
  const store = useLab();
  const [text, setText] = createSignal('');
  createEffect(
    on(
      () => props.config,
      async (config) => {
        if (!props.valid) return;
        try {
          const { bytes, fit, seconds } = await store.api.estimate(config);
          if (config !== props.config) return;
          const time =
            seconds === null
              ? 'its time is known once this adapter has been measured'
              : `about ${formatDuration(seconds)} here`;
          const memory = `A whole run takes ${formatBytes(bytes)} of graphics memory, ${time}.`;
          setText(fit ? `${memory} ${fitLine(fit)}` : memory);
        } catch (error) {
          setText(messageOf(error));
        }
      },
    ),
  );
  return <p class={own['estimate']}>{text()}</p>;
}

/** Which settings take the same steps in less memory. */
function fitLine({ settings, bytes }: Fit): string {
  const changes = Object.entries(settings).map(([key, value]) => `${key} = ${value}`);
  return `If that is too much: with ${changes.join(', ')} it takes ${formatBytes(bytes)}.`;
}

/** The first seed that is not taken, so that two experiments are not alike by accident. */
function nextSeed(taken: readonly number[]): number {
  let seed = 0;
  while (taken.includes(seed)) seed++;
  return seed;
}
