/**
 * The page's entry: starts the lab's worker and mounts the page on it. `window.pocketRlhf` is the
 * same lab for scripts; with `#headless` in the address the page only says so and starts nothing. `?recorded` shows a
 * recorded run in the place of the lab.
 */
import type { JSX } from 'solid-js';
import { render } from 'solid-js/web';
import { type Lab, listen, startLab } from '../../workers/protocol';
import type { LabApi } from '../lab/api';
import { App } from './App';
import { Headless } from './Headless';
import { messageOf } from './state/notices';
import { isHeadless, wantsRecording } from './state/rooms';

declare global {
  interface Window {
    pocketRlhf: Lab;
  }
}

const root = document.getElementById('root')!;
/** In the place of the line that stands there while the scripts are read. */
const mount = (view: () => JSX.Element) => {
  root.textContent = '';
  render(view, root);
};
if (wantsRecording(location.search)) void showRecording();
else showLab();

function showLab(): void {
  const lab = startLab();
  window.pocketRlhf = lab;
  if (isHeadless(location.hash)) {
    mount(() => <Headless listen={(listener) => listen(lab, listener)} />);
    void import('../hooks/headless').then(({ installHeadless }) => installHeadless(lab));
    return;
  }
  // A Comlink remote has LabApi's very methods; only its type says more.
  const api = lab as unknown as LabApi;
  mount(() => <App connection={{ lab: api, listen: (listener) => listen(lab, listener) }} />);
}

/** The page on the recorded run: no worker is started. */
async function showRecording(): Promise<void> {
  const { openRecording } = await import('./state/recording');
  try {
    const connection = await openRecording();
    mount(() => <App connection={connection} />);
  } catch (error) {
    root.textContent = messageOf(error);
  }
}
