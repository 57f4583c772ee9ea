/** A copy of an experiment with other settings: what is changed, what is kept, what is made again. */
import { createMemo, createSignal, For, onMount, Show } from 'solid-js';
import { type ExperimentConfig, parseConfig } from '../../config/experiment';
import { FIELD_KEYS, type Section } from '../../config/fields';
import type { ExperimentAccount } from '../../lab/api';
import { type Choice, changesBetween, inherits } from '../../lab/inheritance';
import { plural } from '../format';
import { SettingsForm } from '../parts/SettingsForm';
import { SECTION_TITLES } from '../parts/sections';
import dialogs from '../shell/dialog.module.css';
import { EstimateLine } from '../shell/NewExperiment';
import { useLab } from '../state/lab';
import { messageOf } from '../state/notices';
import { settingName, settingText } from './comparison';
import styles from './DuplicateDialog.module.css';
import { keptSentence } from './keeping';

/** In the order in which one changes them: what is cheapest to train again comes first. */
const SECTIONS: readonly Section[] = [
  'ppo',
  'reward',
  'sft_for_rl',
  'sft',
  'base',
  'data',
  'model',
  'evaluate',
];

export default function DuplicateDialog(props: { id: string; onClose: () => void }) {
  const store = useLab();
  let dialog!: HTMLDialogElement;
  const [account, setAccount] = createSignal<ExperimentAccount | null>(null);
  onMount(async () => {
    dialog.showModal();
    const read = async () => void setAccount(await store.api.account(props.id));
    if (!(await store.notices.attempt(read))) dialog.close();
  });
  return (
    <dialog
      ref={dialog}
      class={dialogs['dialog']}
      data-wide
      aria-labelledby="copy-title"
      onClose={() => props.onClose()}
    >
      <h2 id="copy-title">Duplicate {account()?.summary.name ?? 'the experiment'}</h2>
      <Show when={account()} keyed>
        {(original) => <CopyForm original={original} onDone={() => dialog.close()} />}
      </Show>
    </dialog>
  );
}

function CopyForm(props: { original: ExperimentAccount; onDone: () => void }) {
  const store = useLab();
  const { config: before, holdings, summary } = props.original;
  const [config, setConfig] = createSignal<ExperimentConfig>(before);
  const [name, setName] = createSignal('');
  const [keep, setKeep] = createSignal<Choice>({
    outputs: true,
    demonstrations: true,
    rankings: true,
  });
  const changes = createMemo(() => changesBetween(before, config()));
  const suggested = () => suggestedName(summary.name, changes());
  const problem = () => {
    try {
      parseConfig(config());
      return null;
    } catch (error) {
      return messageOf(error);
    }
  };
  const busy = () =>
    store.state.busy !== null ||
    (store.active()?.status === 'running' && store.state.experiment?.access === 'write');
  const make = async (event: Event) => {
    event.preventDefault();
    if (problem() || busy()) return;
    props.onDone();
    const request = { id: summary.id, config: config(), name: name().trim() || suggested() };
    await store.duplicate({ ...request, keep: keep() });
  };
  const changedIn = (section: Section) =>
    changes().filter(({ key }) => key.startsWith(`${section}.`)).length;
  return (
    <form class={styles['form']} onSubmit={make}>
      <div class={styles['row']}>
        <label class={styles['wide']}>
          Name
          <input
            value={name()}
            placeholder={suggested()}
            maxlength="60"
            onInput={(event) => setName(event.target.value)}
          />
        </label>
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
      </div>
      <fieldset class={styles['keep']}>
        <legend>Take along, as far as the changes leave it right</legend>
        <Take
          label="what the finished stages made"
          there={holdings.outputs.length > 0}
          on={keep().outputs}
          onChange={(outputs) => setKeep({ ...keep(), outputs })}
        />
        <Take
          label="the edited demonstrations"
          there={holdings.edited}
          on={keep().demonstrations}
          onChange={(demonstrations) => setKeep({ ...keep(), demonstrations })}
        />
        <Take
          label={
            holdings.ranked > 0
              ? plural(holdings.ranked, 'ranking by people', 'rankings by people')
              : 'rankings by people'
          }
          there={holdings.ranked > 0}
          on={keep().rankings}
          onChange={(rankings) => setKeep({ ...keep(), rankings })}
        />
      </fieldset>
      <div class={styles['settings']}>
        <h3>Settings</h3>
        <Show when={changes().length > 0} fallback={<p class="muted">Nothing is changed yet.</p>}>
          <ul class={styles['changes']} aria-label="What is changed">
            <For each={changes()}>
              {({ key, from, to }) => (
                <li>
                  {settingName(key)}: {key === 'seed' ? from : settingText(from)} →{' '}
                  <strong>{key === 'seed' ? to : settingText(to)}</strong>
                </li>
              )}
            </For>
          </ul>
        </Show>
        <For each={SECTIONS}>
          {(section) => (
            <details>
              <summary>
                {SECTION_TITLES[section]}{' '}
                <span class="muted small">
                  {changedIn(section) > 0
                    ? plural(changedIn(section), 'change')
                    : plural(keysOf(section), 'setting')}
                </span>
              </summary>
              <SettingsForm
                sections={[section]}
                preset={config().preset}
                values={config().settings}
                onChange={(key, value) =>
                  setConfig({ ...config(), settings: { ...config().settings, [key]: value } })
                }
              />
            </details>
          )}
        </For>
      </div>
      <EstimateLine config={config()} valid={problem() === null} />
      <div class={styles['foot']}>
        <p class={styles['kept']} role="status">
          {keptSentence(holdings, inherits(holdings, config(), keep()))}
        </p>
        <p class={styles['problem']} role="alert">
          {problem() ??
            (busy() ? 'Pause the run first: the copy is opened as soon as it is made.' : '')}
        </p>
        <div class={dialogs['buttons']}>
          <button type="button" onClick={() => props.onDone()}>
            Cancel
          </button>
          <button type="submit" data-primary disabled={problem() !== null || busy()}>
            Make the copy
          </button>
        </div>
      </div>
    </form>
  );
}

const keysOf = (section: Section) =>
  FIELD_KEYS.filter((key) => key.startsWith(`${section}.`)).length;

/** The original's name with what is changed, where that is one thing. */
function suggestedName(name: string, changes: ReturnType<typeof changesBetween>): string {
  const [only] = changes;
  const what =
    only && changes.length === 1 ? `${only.key.split('.').at(-1)} ${settingText(only.to)}` : 'copy';
  return `${name.slice(0, 59 - what.length - 2)}, ${what}`;
}

/** One thing to take along; greyed where there is none. */
function Take(props: {
  label: string;
  there: boolean;
  on: boolean;
  onChange: (on: boolean) => void;
}) {
  return (
    <label class={styles['take']} data-none={props.there ? undefined : ''}>
      <input
        type="checkbox"
        checked={props.on && props.there}
        disabled={!props.there}
        onChange={(event) => props.onChange(event.target.checked)}
      />
      <span>
        {props.label}
        <Show when={!props.there}> (none here)</Show>
      </span>
    </label>
  );
}
