/** The name under which the person at this page ranks and judges; kept between visits. */
import { createSignal } from 'solid-js';

const KEY = 'pocket-rlhf.labeler';

function stored(): string {
  try {
    return localStorage.getItem(KEY) || 'me';
  } catch {
    return 'me';
  }
}

const [labelerName, setName] = createSignal(stored());

export { labelerName };

/** An empty name is not taken. */
export function setLabelerName(name: string): void {
  const trimmed = name.trim();
  if (!trimmed) return;
  setName(trimmed);
  try {
    localStorage.setItem(KEY, trimmed);
  } catch {
    // Without storage the name lasts as long as the tab.
  }
}
