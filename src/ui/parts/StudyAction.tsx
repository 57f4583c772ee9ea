/**
 * Starting a study, holding it, going on, and throwing its results away. The bar at the top shows it
 * too; what is done stays on show meanwhile.
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
  /** Its settings, before it is started. */
  children?: JSX.Element;
}) {
  const store = useLab();
  const running = () => {
    const { study } = store.state;
    return study?.study === props.request.study ? study : undefined;
  };
  const blocked = () =>
    store.state.gpu?.ok !== true ||
    store.active()?.status === 'running' ||
    store.state.study !== null ||
    store.state.busy !== null ||
    props.missing !== undefined;
  const drop = () => store.notices.attempt(() => store.api.dropStudy(props.request.study));
  return (
    <Show when={!store.recorded} fallback={<p class="muted">The recorded run has none.</p>}>
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
              <button
                type="button"
                disabled={blocked()}
                onClick={() => store.runStudy(props.request)}
              >
                Go on
              </button>
            </Show>
            <button type="button" data-plain disabled={blocked()} onClick={() => void drop()}>
              {props.whole ? 'Measure anew' : 'Throw away'}
            </button>
          </Match>
          <Match when={true}>
            {props.children}
            <button
              type="button"
              disabled={blocked()}
              onClick={() => store.runStudy(props.request)}
            >
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
