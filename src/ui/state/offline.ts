/**
 * The page without a network, and new versions of it. A new version waits until the person takes it
 * up; while a stage runs it is not even offered.
 */
import { createEffect, createSignal } from 'solid-js';
import { ownScript } from '../../../workers/own_script';
import type { LabStore } from './lab';

/** Registers the service worker and offers what it finds. Call once, in the built page. */
export function followUpdates(store: LabStore): void {
  if (!('serviceWorker' in navigator)) return;
  const [waiting, setWaiting] = createSignal<ServiceWorker | null>(null);
  const watch = (registration: ServiceWorkerRegistration) => {
    const found = () => {
      // The first version of all has nothing to take over from.
      if (registration.waiting && navigator.serviceWorker.controller) {
        setWaiting(registration.waiting);
      }
    };
    found();
    registration.addEventListener('updatefound', () => {
      registration.installing?.addEventListener('statechange', found);
    });
  };
  createEffect(() => {
    const worker = waiting();
    if (!worker || store.active()?.status === 'running') return;
    setWaiting(null);
    store.notices.show({
      level: 'info',
      text: 'A new version of this page is ready.',
      action: { label: 'Reload now', run: () => takeOver(worker) },
    });
  });
  navigator.serviceWorker
    .register(ownScript(new URL('service_worker.js', document.baseURI).href))
    .then(watch)
    // Without it the page works as before, with a network.
    .catch(() => {});
}

function takeOver(worker: ServiceWorker): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), {
    once: true,
  });
  worker.postMessage('take over');
}
