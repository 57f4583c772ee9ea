/**
 * The main action of a room for its stage: start it, get what it needs first, try again, or start
 * over. While it runs or is paused the bar at the top holds the buttons.
 */
import { Match, Show, Switch } from 'solid-js';
import type { Stage } from '../../config/stages';
import { list } from '../format';
import { ask } from '../state/confirm';
import { useLab } from '../state/lab';
import { missingBefore, ROOM_OF, STAGE_NAMES } from '../state/pipeline';
import { hashOf, nextRoom, ROOM_TITLES } from '../state/rooms';
import styles from './Room.module.css';

const VERBS: Readonly<Record<Stage, string>> = {
  base: 'Train the base model',
  sft: 'Train SFT',
  reward: 'Train the reward model',
  ppo: 'Run PPO',
  evaluate: 'Compare the models',
};

export function StageAction(props: {
  stage: Stage;
  /** What the button says before the first run, and after it. */
  verb?: string;
  again?: string;
  quiet?: boolean;
  /** Whether another button of the room is its main one before the first run. */
  second?: boolean;
}) {
  const store = useLab();
  const status = () => store.status(props.stage);
  const missing = () => {
    const experiment = store.state.experiment;
    return experiment ? missingBefore(experiment.stages, props.stage) : [];
  };
  const blocked = () =>
    store.state.gpu?.ok !== true ||
    store.active() !== null ||
    store.state.study !== null ||
    store.state.busy !== null;
  const verb = () => props.verb ?? VERBS[props.stage];
  const names = () => list(missing().map((stage) => STAGE_NAMES[stage]));
  const startOver = async () => {
    const name = STAGE_NAMES[props.stage];
    const yes = await ask({
      title: `Start ${name} over?`,
      text: `What ${name} and the stages after it have made is thrown away. Your rankings and demonstrations are kept, and you can change the settings before it runs again.`,
      yes: 'Throw it away',
    });
    if (!yes) return;
    await store.notices.attempt(() => store.api.reset(props.stage));
    await store.refresh();
  };
  return (
    <Switch>
      <Match when={!store.state.experiment}>
        <StartExperiment />
      </Match>
      <Match when={status() === 'running' || status() === 'paused'}>{null}</Match>
      <Match when={status() === 'done'}>
        <Show when={!store.recorded}>
          <button type="button" data-plain disabled={blocked()} onClick={() => void startOver()}>
            {props.again ?? 'Start over …'}
          </button>
        </Show>
        <Show when={!props.quiet && nextRoom(ROOM_OF[props.stage])}>
          {(next) => (
            <a class={styles['next']} href={hashOf(next())}>
              Next: {ROOM_TITLES[next()]}
            </a>
          )}
        </Show>
      </Match>
      <Match when={true}>
        <Show
          when={missing().length === 0}
          fallback={
            <button
              type="button"
              data-primary
              disabled={blocked()}
              onClick={() => store.run(missing())}
            >
              Train {names()} first
            </button>
          }
        >
          <button
            type="button"
            data-primary={props.quiet || props.second ? undefined : ''}
            disabled={blocked()}
            onClick={() => store.run([props.stage])}
          >
            {status() === 'failed' ? 'Try again' : verb()}
          </button>
        </Show>
      </Match>
    </Switch>
  );
}

/** Makes the experiment that suits this machine, without a form. */
export function StartExperiment() {
  const store = useLab();
  const start = async () => {
    const { defaultConfig } = await import('../../config/experiment');
    await store.create(defaultConfig(store.defaultPreset()));
  };
  return (
    <button
      type="button"
      disabled={store.state.busy !== null || store.state.gpu === null}
      onClick={() => void start()}
    >
      Start an experiment ({store.defaultPreset()})
    </button>
  );
}
