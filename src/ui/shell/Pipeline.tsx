/**
 * The pipeline of the three stages as navigation and status at once: which rooms there are, what
 * is done, what runs and how far, what is missing.
 */
import { For, Show } from 'solid-js';
import type { StageStatus } from '../../lab/api';
import { formatFixed, formatPercent } from '../format';
import { type LabStore, useLab } from '../state/lab';
import { missingBefore, STAGE_NAMES, STAGE_OF } from '../state/pipeline';
import { hashOf, ROOM_TITLES, type RoomName } from '../state/rooms';
import { room } from '../state/route';
import styles from './Pipeline.module.css';

/** Rooms under the paper's three stages; the first and last stand beside them. */
const GROUPS: readonly { caption: string; rooms: readonly RoomName[] }[] = [
  { caption: 'Start', rooms: ['base'] },
  { caption: '1 · Supervised fine-tuning', rooms: ['demonstrate'] },
  { caption: '2 · Reward model', rooms: ['rank', 'reward'] },
  { caption: '3 · PPO', rooms: ['reinforce'] },
  { caption: 'Judge', rooms: ['compare'] },
];

const MARKS: Readonly<Record<StageStatus, string>> = {
  missing: '○',
  ready: '○',
  running: '◐',
  paused: '‖',
  done: '●',
  failed: '!',
};

/** What a node of the diagram says of its stage. */
function nodeOf(store: LabStore, name: RoomName): { status: StageStatus; text: string } {
  const experiment = store.state.experiment;
  if (!experiment) return { status: 'missing', text: 'no experiment' };
  if (name === 'rank') return rankNode(store);
  const stage = STAGE_OF[name]!;
  const status = experiment.stages[stage];
  if (status === 'running' || status === 'paused') {
    const progress = store.state.progress;
    const share = progress && progress.stage === stage ? progress.done / progress.total : 0;
    return { status, text: `${status} ${formatPercent(Math.floor(share * 100) / 100)}` };
  }
  if (status === 'done') return { status, text: doneText(store, name) };
  if (status === 'failed') return { status, text: 'failed' };
  const before = missingBefore(experiment.stages, stage).at(-1);
  return before
    ? { status: 'missing', text: `needs ${STAGE_NAMES[before].replace('the ', '')}` }
    : { status: 'ready', text: 'ready to start' };
}

function rankNode(store: LabStore): { status: StageStatus; text: string } {
  const experiment = store.state.experiment!;
  const ranked = Object.values(experiment.labels.byLabeler).reduce((sum, n) => sum + n, 0);
  if (ranked > 0) return { status: 'done', text: `${ranked.toLocaleString('en-US')} ranked` };
  return experiment.stages.sft === 'done'
    ? { status: 'ready', text: 'ready to rank' }
    : { status: 'missing', text: 'needs SFT' };
}

/** The figure that a finished stage is known by. */
function doneText(store: LabStore, name: RoomName): string {
  const report = store.state.experiment?.report;
  const loss = (value: number | undefined) =>
    value !== undefined && `loss ${value.toFixed(2)} nats`;
  const share = (value: number | undefined, what: string) =>
    value !== undefined && `${formatPercent(value)} ${what}`;
  const text =
    (name === 'base' && loss(report?.base?.val_loss)) ||
    (name === 'demonstrate' && loss(report?.sft?.val_loss)) ||
    (name === 'reward' && share(report?.reward?.val_accuracy, 'right')) ||
    (name === 'reinforce' && report?.ppo && `KL ${formatFixed(report.ppo.kl, 1)} nats`) ||
    (name === 'compare' && share(report?.evaluate?.win_rate_vs_sft.mean, 'wins'));
  return text || 'done';
}

export function Pipeline() {
  const store = useLab();
  return (
    <nav aria-label="Pipeline" data-tour="pipeline">
      <ol class={styles['groups']}>
        <For each={GROUPS}>
          {(group) => (
            <li class={styles['group']} style={{ '--rooms': group.rooms.length }}>
              <span class={styles['caption']}>{group.caption}</span>
              <ul class={styles['rooms']}>
                <For each={group.rooms}>{(name) => <Node store={store} name={name} />}</For>
              </ul>
            </li>
          )}
        </For>
      </ol>
    </nav>
  );
}

function Node(props: { store: LabStore; name: RoomName }) {
  const node = () => nodeOf(props.store, props.name);
  const share = () => {
    const progress = props.store.state.progress;
    return progress && progress.total > 0 ? progress.done / progress.total : 0;
  };
  const moving = () => node().status === 'running' || node().status === 'paused';
  return (
    <li>
      <a
        class={styles['node']}
        href={hashOf(props.name)}
        aria-current={room() === props.name ? 'page' : undefined}
        data-status={node().status}
      >
        <span class={styles['mark']} aria-hidden="true">
          {MARKS[node().status]}
        </span>
        <span class={styles['name']}>{ROOM_TITLES[props.name]}</span>
        <span class={styles['text']}>{node().text}</span>
        <Show when={moving()}>
          <span class={styles['bar']} style={{ '--share': share() }} />
        </Show>
      </a>
    </li>
  );
}
