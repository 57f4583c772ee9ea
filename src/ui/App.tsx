/** The page: header with the pipeline, what runs, the open room, messages and the log. */
import { type Component, createEffect, ErrorBoundary, lazy, on, Show, Suspense } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import styles from './App.module.css';
import { InsideButton } from './inside/InsideButton';
import { KernelsButton } from './kernels/KernelsButton';
import { AccessBanner } from './shell/AccessBanner';
import { ConfirmDialog } from './shell/ConfirmDialog';
import { ExperimentMenu } from './shell/ExperimentMenu';
import { GpuBanner } from './shell/GpuBanner';
import { LinkBanner } from './shell/LinkBanner';
import { Log } from './shell/Log';
import { NoticeList } from './shell/NoticeList';
import { Pipeline } from './shell/Pipeline';
import { RunBar } from './shell/RunBar';
import { StorageBanner } from './shell/StorageBanner';
import { followRun } from './state/ambient';
import { type Connection, createLabStore, LabContext } from './state/lab';
import { messageOf } from './state/notices';
import { followUpdates } from './state/offline';
import type { RoomName } from './state/rooms';
import { room } from './state/route';
import { GuideView } from './tour/GuideView';
import { LearnMenu } from './tour/LearnMenu';

const ROOM_VIEWS: Readonly<Record<RoomName, Component>> = {
  base: lazy(() => import('./rooms/Base')),
  demonstrate: lazy(() => import('./rooms/Demonstrate')),
  rank: lazy(() => import('./rooms/Rank')),
  reward: lazy(() => import('./rooms/Reward')),
  reinforce: lazy(() => import('./rooms/Reinforce')),
  compare: lazy(() => import('./rooms/Compare')),
};

export function App(props: { connection: Connection }) {
  const store = createLabStore(props.connection);
  followRun(store);
  if (import.meta.env.PROD) followUpdates(store);
  // Who opens a room starts at its beginning, with the keyboard too.
  createEffect(
    on(
      room,
      () => {
        // A tour that leads through the rooms keeps the keyboard.
        if (document.activeElement?.closest('[data-guide]')) return;
        document.getElementById('room')?.focus({ preventScroll: true });
        window.scrollTo(0, 0);
      },
      { defer: true },
    ),
  );
  const skip = (event: MouseEvent) => {
    event.preventDefault();
    document.getElementById('room')?.focus();
  };
  return (
    <LabContext.Provider value={store}>
      {/* biome-ignore lint/a11y/useValidAnchor: a skip link; following it would change the room */}
      <a class={styles['skip']} href="#room" onClick={skip}>
        Skip to the room
      </a>
      <header class={styles['header']}>
        <div class={styles['title']}>
          <span class={styles['name']}>Pocket RLHF</span>
          <div class={styles['tools']}>
            <LearnMenu />
            <InsideButton />
            <KernelsButton />
            <ExperimentMenu />
          </div>
        </div>
        <Pipeline />
      </header>
      <RunBar />
      <AccessBanner />
      <StorageBanner />
      <GpuBanner />
      <LinkBanner />
      <GuideView />
      <main id="room" class={styles['room']} tabindex="-1" data-tour="room">
        <Show
          when={store.state.gpu || store.state.failure}
          fallback={<p class={styles['wait']}>Opening the lab …</p>}
        >
          <ErrorBoundary fallback={(error, reset) => <Broken error={error} reset={reset} />}>
            <Suspense fallback={<p class={styles['wait']}>Opening the room …</p>}>
              <Dynamic component={ROOM_VIEWS[room()]} />
            </Suspense>
          </ErrorBoundary>
        </Show>
      </main>
      <Log />
      <NoticeList />
      <ConfirmDialog />
    </LabContext.Provider>
  );
}

function Broken(props: { error: unknown; reset: () => void }) {
  return (
    <section role="alert">
      <h1>This room could not be shown.</h1>
      <p>{messageOf(props.error)}</p>
      <p>
        Nothing stored is lost.{' '}
        <button type="button" onClick={() => props.reset()}>
          Try again
        </button>{' '}
        <button type="button" onClick={() => location.reload()}>
          Reload the page
        </button>
      </p>
    </section>
  );
}
