/**
 * The service worker: keeps every file of one build, so that the page works without a network. The
 * build fills in VERSION and FILES. A new build waits until the person takes it; nothing here ever
 * reloads a page.
 */
/// <reference lib="webworker" />
const scope = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const VERSION = '__VERSION__';
/** Addresses below the scope. @type {string[]} */
const FILES = JSON.parse('__FILES__');
const PREFIX = 'pocket-rlhf ';
const NAME = `${PREFIX}${VERSION}`;

scope.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(NAME).then((cache) =>
      // Past the browser's own cache: a file of the build before would be kept for good.
      cache.addAll(FILES.map((file) => new Request(file, { cache: 'reload' }))),
    ),
  );
});

scope.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      const old = names.filter((name) => name.startsWith(PREFIX) && name !== NAME);
      await Promise.all(old.map((name) => caches.delete(name)));
      await scope.clients.claim();
    })(),
  );
});

// Sent by a page whose person has said so, and whose reload follows.
scope.addEventListener('message', (event) => {
  if (event.data === 'take over') scope.skipWaiting();
});

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== scope.location.origin) return;
  event.respondWith(
    (async () => {
      const cache = await caches.open(NAME);
      const kept = await cache.match(request, { ignoreSearch: request.mode === 'navigate' });
      return kept ?? fetch(request);
    })(),
  );
});
