/** What a long run does outside the page's body: the tab's title, and a screen that stays awake. */
import { createEffect, createMemo, onCleanup } from 'solid-js';
import type { LabStore } from './lab';
import { STAGE_NAMES, STUDY_NAMES } from './pipeline';

/** `42 % SFT · Pocket RLHF` while a stage runs. */
export function titleOf(store: LabStore): string {
  const active = store.active();
  const { study } = store.state;
  if (study) return `${Math.floor(study.share * 100)} % ${STUDY_NAMES[study.study]} · Pocket RLHF`;
  if (!active) return 'Pocket RLHF';
  const progress = store.state.progress;
  const share = progress && progress.total > 0 ? progress.done / progress.total : 0;
  const mark = active.status === 'paused' ? 'paused ' : '';
  return `${mark}${Math.floor(share * 100)} % ${STAGE_NAMES[active.stage].replace('the ', '')} · Pocket RLHF`;
}

export function followRun(store: LabStore): void {
  createEffect(() => {
    document.title = titleOf(store);
  });
  const running = createMemo(
    () => store.active()?.status === 'running' || store.state.study !== null,
  );
  createEffect(() => {
    if (running()) onCleanup(keepAwake());
  });
}

/** Asks for a wake lock, again whenever the tab is shown anew. @returns how to let go of it */
function keepAwake(): () => void {
  if (!('wakeLock' in navigator)) return () => {};
  let lock: WakeLockSentinel | undefined;
  let wanted = true;
  const request = async () => {
    if (document.visibilityState !== 'visible') return;
    // A refusal (low battery, no permission) costs nothing but a dark screen.
    lock = await navigator.wakeLock.request('screen').catch(() => undefined);
    if (!wanted) await lock?.release();
  };
  void request();
  document.addEventListener('visibilitychange', request);
  return () => {
    wanted = false;
    document.removeEventListener('visibilitychange', request);
    void lock?.release();
  };
}
