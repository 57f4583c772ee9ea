/**
 * The page's entry: starts the lab's worker and mounts the page on it. `window.pocketRlhf` is the
 * same lab for scripts; with `#headless` in the address the page only says so and starts nothing.
 */
import { render } from 'solid-js/web';
import { type Lab, listen, startLab } from '../../workers/protocol';
import type { LabApi } from '../lab/api';
import { App } from './App';
import { Headless } from './Headless';
import { isHeadless } from './state/rooms';

declare global {
  interface Window {
    pocketRlhf: Lab;
  }
}

const lab = startLab();
window.pocketRlhf = lab;

const root = document.getElementById('root')!;
if (isHeadless(location.hash)) {
  render(() => <Headless listen={(listener) => listen(lab, listener)} />, root);
  void import('../hooks/headless').then(({ installHeadless }) => installHeadless(lab));
} else {
  // A Comlink remote has LabApi's very methods; only its type says more.
  const api = lab as unknown as LabApi;
  render(
    () => <App connection={{ lab: api, listen: (listener) => listen(lab, listener) }} />,
    root,
  );
}
