/**
 * What runs now, how long it still takes, and the buttons that hold it; when nothing runs, the one
 * button that runs everything. The bar keeps its height, so that nothing below it jumps.
 */
import { createSignal, Match, Show, Switch } from 'solid-js';
import { STAGES, type Stage } from '../../config/stages';
import { formatDuration, formatNumber, formatPercent } from '../format';
import { ask } from '../state/confirm';
import { useLab } from '../state/lab';
import { ROOM_OF, STAGE_NAMES } from '../state/pipeline';
import { hashOf, ROOM_TITLES } from '../state/rooms';
import { room } from '../state/route';
import styles from './RunBar.module.css';
import { StudyBar } from './StudyBar';

export function RunBar() {
  const store = useLab();
  const active = () => store.active();
  const progress = () => store.state.progress;
  const share = () => {
    const p = progress();
    return p && p.total > 0 ? Math.min(1, p.done / p.total) : 0;
  };
  const line = () => {
    const p = progress();
    const stage = active();
    if (!stage) return '';
    const name = STAGE_NAMES[stage.stage];
    if (stage.status === 'paused') return `Paused: ${p?.phase ?? name}`;
    return capital(p?.phase ?? `starting ${name}`);
  };
  const figures = () => {
    const p = progress();
    if (!p) return '';
    const parts = [
      formatPercent(Math.floor(share() * 1000) / 1000, 1),
      p.tokensPerSecond ? `${formatNumber(Math.round(p.tokensPerSecond))} tokens/s` : '',
      p.secondsLeft === null ? '' : `${formatDuration(p.secondsLeft)} left`,
    ];
    return parts.filter(Boolean).join(' · ');
  };
  return (
    <section
      class={styles['bar']}
      data-active={active() || store.state.study ? '' : undefined}
      aria-label="What runs"
    >
      <div class={styles['inner']}>
        <Switch fallback={<Idle />}>
          <Match when={store.state.study}>{(study) => <StudyBar study={study()} />}</Match>
          <Match when={active()}>
            {(now) => (
              <>
                <div class={styles['words']}>
                  <span class={styles['phase']}>
                    {line()}
                    <Elsewhere stage={now().stage} />
                  </span>
                  <span class={styles['figures']}>{figures()}</span>
                  <progress
                    class={styles['progress']}
                    value={share()}
                    max="1"
                    aria-label={line()}
                  />
                </div>
                <Controls paused={now().status === 'paused'} />
              </>
            )}
          </Match>
        </Switch>
      </div>
    </section>
  );
}

/** The way to the room of what runs, for whoever is in another. */
function Elsewhere(props: { stage: Stage }) {
  const home = () => ROOM_OF[props.stage];
  return (
    <Show when={room() !== home()}>
      <a class={styles['watch']} href={hashOf(home())}>
        Watch it in {ROOM_TITLES[home()]}
      </a>
    </Show>
  );
}

function Idle() {
  const store = useLab();
  const done = () => STAGES.every((stage) => store.status(stage) === 'done');
  const begun = () => STAGES.some((stage) => store.status(stage) === 'done');
  return (
    <>
      <div class={styles['words']}>
        <Switch fallback={<span class={styles['phase']}>Nothing is running.</span>}>
          <Match when={store.state.busy}>
            <span class={styles['phase']}>{store.state.busy} …</span>
          </Match>
          <Match when={done()}>
            <span class={styles['phase']}>The whole pipeline has run.</span>
          </Match>
        </Switch>
        <span class={styles['figures']}>
          <Show
            when={done()}
            fallback="Go room by room, or let simulated labelers do all the human parts."
          >
            Every room shows what its stage has made.
          </Show>
        </span>
      </div>
      <Show when={!done()} fallback={<a href="#/compare">See the comparison</a>}>
        <button
          type="button"
          data-primary={store.state.experiment ? undefined : ''}
          data-tour="whole"
          disabled={store.state.gpu?.ok !== true || store.state.busy !== null}
          onClick={() => void store.runWholePipeline()}
        >
          {begun() ? 'Run the rest of the pipeline' : 'Run the whole pipeline'}
          <span class={styles['with']}> with simulated labelers</span>
        </button>
      </Show>
    </>
  );
}

function Controls(props: { paused: boolean }) {
  const store = useLab();
  const [waiting, setWaiting] = createSignal(false);
  const command = async (work: () => Promise<unknown>) => {
    setWaiting(true);
    await store.notices.attempt(work);
    setWaiting(false);
  };
  const stop = async () => {
    await command(() => store.api.stop());
    await store.refresh();
  };
  const throwAway = async () => {
    const stage = store.active()?.stage;
    if (!stage) return;
    const name = STAGE_NAMES[stage];
    const yes = await ask({
      title: `Throw away this run of ${name}?`,
      text: `It is paused and saved, and can go on whenever you like. Throwing it away keeps the stages before ${name}.`,
      yes: 'Throw it away',
    });
    if (yes) await command(() => store.api.reset(stage));
    await store.refresh();
  };
  return (
    <div class={styles['controls']}>
      <Show
        when={props.paused}
        fallback={
          <button
            type="button"
            disabled={waiting()}
            onClick={() => void command(() => store.api.pause())}
          >
            Pause
          </button>
        }
      >
        {/* Resuming resolves when the run ends: it is not waited for. */}
        <button
          type="button"
          data-primary
          disabled={waiting()}
          onClick={() => void store.notices.attempt(() => store.api.resume())}
        >
          Resume
        </button>
        <button
          type="button"
          disabled={waiting()}
          onClick={() => void command(() => store.api.step())}
        >
          One step
        </button>
        <button type="button" disabled={waiting()} onClick={() => void throwAway()}>
          Throw away …
        </button>
      </Show>
      <button
        type="button"
        disabled={waiting()}
        title="Ends this stage now and keeps what it has learned so far"
        onClick={() => void stop()}
      >
        Stop here
      </button>
    </div>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
