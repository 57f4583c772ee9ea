/**
 * The one typed protocol between a page and the lab worker: Comlink proxies of `LabApi`.
 * `window.pocketRlhf` is the same object, so that a script drives the lab just as the page does.
 */
import * as Comlink from 'comlink';
import type { LabApi, LabEvent } from '../src/lab/api';
import labScript from './lab.worker?worker&url';
import { ownScript } from './own_script';

export type Lab = Comlink.Remote<LabApi>;

/** Starts the worker that owns the GPU. One a page. */
export function startLab(): Lab {
  const worker = new Worker(ownScript(labScript), { type: 'module', name: 'lab' });
  return Comlink.wrap<LabApi>(worker);
}

/** Subscribes a function of this thread to the lab's events. */
export function listen(lab: Lab, listener: (events: LabEvent[]) => void): Promise<void> {
  return lab.subscribe(Comlink.proxy(listener));
}
