/** The page as a script sees it: one line that says what the lab does. Starts nothing by itself. */
import { createSignal } from 'solid-js';
import type { Connection } from './state/lab';

export function Headless(props: { listen: Connection['listen'] }) {
  const [line, setLine] = createSignal('Waiting for a script: window.pocketRlhf is the lab.');
  void props.listen((events) => {
    for (const event of events) {
      if (event.type === 'progress') {
        const { phase, done, total } = event.progress;
        setLine(`${phase}: ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}`);
      } else if (event.type === 'stage') setLine(`${event.stage}: ${event.status}`);
    }
  });
  return (
    <main>
      <p role="status">{line()}</p>
    </main>
  );
}
