/** A model of the lineage: what it came of, its last metrics, its settings, and it as a file. */
import { createEffect, createSignal, For, on, Show } from 'solid-js';
import { FIELD_KEYS, FIELDS, type Field, type FieldKey } from '../../config/fields';
import type { ExperimentAccount } from '../../lab/api';
import { formatCount, formatDuration, formatNumber } from '../format';
import { metricText } from '../metrics';
import { fileName, saveExperiment } from '../shell/ExperimentFile';
import { useLab } from '../state/lab';
import { ROOM_OF } from '../state/pipeline';
import { hashOf, ROOM_TITLES } from '../state/rooms';
import { settingText } from './comparison';
import { type Placed, stageOf } from './lineage';
import styles from './NodeDetails.module.css';
import { formatWhen, stepText } from './nodeText';

export function NodeDetails(props: { at: Placed; account: ExperimentAccount }) {
  const store = useLab();
  const node = () => props.at.node;
  let section!: HTMLElement;
  createEffect(
    on(
      () => node().key,
      () => section.scrollIntoView({ block: 'nearest' }),
    ),
  );
  const isOpen = () => node().experiment.id === store.state.experiment?.id;
  const home = () => ROOM_OF[stageOf(node().training)];
  const [saving, setSaving] = createSignal(false);
  const save = async () => {
    const { model, experiment } = node();
    setSaving(true);
    if (model === null) await saveExperiment(store, experiment.id);
    else
      await store.notices.attempt(async () => {
        const [files, { zipOf }, { saveFile }] = await Promise.all([
          store.api.modelFolder(experiment.id, model),
          import('../../text/formats/zip'),
          import('../state/saveFile'),
        ]);
        saveFile(`${fileName(store, experiment.id)}-${model}.zip`, zipOf(files));
      });
    setSaving(false);
  };
  return (
    <section ref={section} class={styles['details']} aria-labelledby="node-title">
      <h3 id="node-title">
        {node().title} of {node().experiment.name}
      </h3>
      <dl class={styles['facts']}>
        <For each={factsOf(props.at, props.account)}>
          {([name, value]) => (
            <div>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          )}
        </For>
      </dl>
      <div class={styles['buttons']}>
        <Show
          when={isOpen()}
          fallback={
            <button
              type="button"
              disabled={store.state.busy !== null || store.active()?.status === 'running'}
              onClick={() => void store.select(node().experiment.id)}
            >
              Open this experiment
            </button>
          }
        >
          <a href={hashOf(home())}>See it in {ROOM_TITLES[home()]}</a>
        </Show>
        <button
          type="button"
          disabled={saving() || store.recorded !== undefined}
          title={
            node().model === null
              ? 'The experiment as one file, which goes on from this checkpoint'
              : 'A Hugging Face folder: weights, configuration and tokenizer'
          }
          onClick={() => void save()}
        >
          {saving()
            ? 'Making the file …'
            : node().model === null
              ? 'Export the experiment'
              : 'Export the model'}
        </button>
      </div>
      <Metrics account={props.account} at={props.at} />
      <Settings account={props.account} at={props.at} />
    </section>
  );
}

/** What is known, in words; nothing is listed that is not. */
function factsOf({ node, parent }: Placed, { report }: ExperimentAccount): [string, string][] {
  const seconds = report.seconds[stageOf(node.training)];
  const step = stepText(node);
  const facts: [string, string | null][] = [
    ['Came of', parent ? `${parent.node.title} of ${parent.node.experiment.name}` : node.origin],
    ['Trained for', step],
    ['Tokens', node.tokens === null ? null : formatCount(node.tokens)],
    [node.figure?.label ?? '', node.figure?.value ?? null],
    ['Finished', node.made === null ? null : formatWhen(node.made)],
    [
      'Time of its stage',
      node.model === null || seconds === undefined ? null : formatDuration(seconds),
    ],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== null);
}

function Metrics(props: { at: Placed; account: ExperimentAccount }) {
  const row = () => Object.entries(props.account.last[props.at.node.training] ?? {});
  return (
    <Show when={row().length > 0}>
      <details>
        <summary>Its last logged metrics</summary>
        <table class={styles['table']}>
          <tbody>
            <For each={row()}>
              {([name, value]) => (
                <tr>
                  <th scope="row" title={metricText(name).meaning}>
                    {name === 'step' ? 'Step' : metricText(name).label}
                  </th>
                  <td data-number>{formatNumber(value)}</td>
                  <td class="muted">{name === 'step' ? '' : metricText(name).unit}</td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </details>
    </Show>
  );
}

function Settings(props: { at: Placed; account: ExperimentAccount }) {
  const keys = (): FieldKey[] => {
    const section = props.at.node.training;
    return FIELD_KEYS.filter((key) => key.startsWith(`${section}.`) || key.startsWith('model.'));
  };
  const field = (key: FieldKey): Field => FIELDS[key];
  return (
    <details>
      <summary>The settings that it was trained with</summary>
      <table class={styles['table']}>
        <thead>
          <tr>
            <td />
            <th scope="col" data-number>
              Value
            </th>
            <th scope="col" data-number>
              Preset
            </th>
            <th scope="col" data-number>
              Paper
            </th>
          </tr>
        </thead>
        <tbody>
          <For each={keys()}>
            {(key) => (
              <tr>
                <th scope="row" title={field(key).help}>
                  {field(key).label}
                </th>
                <td data-number>{settingText(props.account.config.settings[key])}</td>
                <td data-number class="muted">
                  {settingText(field(key).defaults[props.account.config.preset])}
                </td>
                <td data-number class="muted">
                  {field(key).paper ?? '–'}
                </td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </details>
  );
}
