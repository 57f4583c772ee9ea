/**
 * Starting a study, holding it, going on, and measuring anew with other settings. The bar at the top
 * shows it too; what is done stays on show until something else is measured.
 */
import { type JSX, Match, Show, Switch } from 'solid-js';
import type { StudyRequest } from '../../lab/api';
import { formatDuration, formatPercent } from '../format';
import { useLab } from '../state/lab';
import styles from './StudyAction.module.css';

export function StudyAction(props: {
  request: StudyRequest;
  /** What the button says before the first run. */
  verb: string;
  /** Whether some of it is done, and whether all is. */
  begun: boolean;
  whole: boolean;
  /** Why it cannot be started; undefined where it can. */
  missing?: string | undefined;
  /** Its settings, where it has any: they are shown before it is started, and to change them. */
  children?: JSX.Element;
  onAnew?: () => void;
  /** Told when it is started or goes on. */
  onStart?: () => void;
}) {
  const store = useLab();
  const running = () => {
    const { study } = store.state;
    return study?.study === props.request.study ? study : undefined;
  };
  const start = () => {
    const { request } = props;
    props.onStart?.();
    store.runStudy(request);
  };
  const blocked = () =>
    store.state.gpu?.ok !== true ||
    store.active()?.status === 'running' ||
    store.state.study !== null ||
    store.state.busy !== null ||
    props.missing !== undefined;
  return (
    <Show
      when={!store.recorded}
      fallback={
        <Show when={!props.begun}>
          <p class="muted">This was not measured in the recorded run.</p>
        </Show>
      }
    >
      <div class={styles['study']}>
        <Switch>
          <Match when={running()}>
            {(now) => (
              <>
                <progress value={now().share} max="1" aria-label={now().phase} />
                <span class={styles['phase']}>
                  {now().phase}, {formatPercent(Math.floor(now().share * 100) / 100)}
                  {now().secondsLeft === null ? '' : `, ${formatDuration(now().secondsLeft)} left`}
                </span>
                <button
                  type="button"
                  onClick={() => void store.notices.attempt(() => store.api.pause())}
                >
                  Pause
                </button>
              </>
            )}
          </Match>
          <Match when={props.begun}>
            <Show when={!props.whole}>
              <button type="button" disabled={blocked()} onClick={start}>
                Go on
              </button>
            </Show>
            <Show when={props.onAnew}>
              <button
                type="button"
                data-plain
                disabled={blocked()}
                onClick={() => props.onAnew?.()}
              >
                Measure anew …
              </button>
            </Show>
          </Match>
          <Match when={true}>
            {props.children}
            <button type="button" disabled={blocked()} onClick={start}>
              {props.verb}
            </button>
            <Show when={props.missing}>
              <span class="muted">{props.missing}</span>
            </Show>
          </Match>
        </Switch>
      </div>
    </Show>
  );
}
