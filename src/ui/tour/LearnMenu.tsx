/** Lessons and the tour, always to be found again. */
import { createSignal, createUniqueId, lazy, Show, Suspense } from 'solid-js';
import { openGuide } from '../state/guide';
import styles from './LearnMenu.module.css';

const LessonList = lazy(() => import('../lessons/LessonList'));

export function LearnMenu() {
  const id = createUniqueId();
  let panel!: HTMLDivElement;
  const [opened, setOpened] = createSignal(false);
  return (
    <div>
      <button type="button" data-small data-tour="learn" popovertarget={id}>
        Learn
      </button>
      <div
        ref={panel}
        id={id}
        popover="auto"
        class={styles['panel']}
        onToggle={(event) => event.newState === 'open' && setOpened(true)}
      >
        <h2>Lessons of 20 minutes</h2>
        <Show when={opened()}>
          <Suspense>
            <LessonList onChoose={() => panel.hidePopover()} />
          </Suspense>
        </Show>
        <button
          type="button"
          onClick={() => {
            panel.hidePopover();
            openGuide({ kind: 'tour', at: 0 });
          }}
        >
          Take the tour (six steps)
        </button>
        <p class="small">
          <a href="?recorded#/reinforce" target="_blank" rel="noopener">
            Look at a recorded run
          </a>{' '}
          <span class="muted">(in a new tab)</span>
        </p>
      </div>
    </div>
  );
}
