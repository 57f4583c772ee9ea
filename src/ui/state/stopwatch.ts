/** Seconds that the page was looked at; a hidden tab does not count. */
import { onCleanup } from 'solid-js';

export interface Stopwatch {
  restart(): void;
  seconds(): number;
}

export function createStopwatch(): Stopwatch {
  let counted = 0;
  let since: number | null = null;
  const settle = () => {
    if (since !== null) counted += performance.now() - since;
    since = document.visibilityState === 'visible' ? performance.now() : null;
  };
  document.addEventListener('visibilitychange', settle);
  onCleanup(() => document.removeEventListener('visibilitychange', settle));
  return {
    restart() {
      settle();
      counted = 0;
    },
    seconds() {
      settle();
      return Math.round(counted / 100) / 10;
    },
  };
}
