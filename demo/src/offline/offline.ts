// The pages' side of the service worker.

import type { PageMessage } from './service-worker.js';

/** Says in this tab that it has been reloaded for the sake of threads. */
const reloadedKey = 'fovea.reloaded';

/** Whether anybody has done something here that a reload would lose. */
let isTouched = false;

/** Has the pages work offline and with threads. Every page calls it as it starts. */
export function keepOffline(): void {
  for (const type of ['pointerdown', 'keydown', 'change', 'drop', 'paste']) {
    addEventListener(type, () => (isTouched = true), { capture: true, once: true, passive: true });
  }
  // Pages that are not of a secure context have none.
  if ('serviceWorker' in navigator) void start(navigator.serviceWorker);
}

async function start(serviceWorker: ServiceWorkerContainer): Promise<void> {
  // What the page itself needs is fetched first, unless all of it will be loaded again for threads.
  if (crossOriginIsolated) await loaded();
  const { controller } = serviceWorker;
  const controlled = new Promise((resolve) =>
    serviceWorker.addEventListener('controllerchange', resolve, { once: true }),
  );
  try {
    await serviceWorker.register('./service-worker.js');
  } catch (error) {
    // The page does without: in private windows of some browsers, or with storage blocked.
    console.info('This page will not work offline:', error);
    return;
  }
  if (!controller) {
    await controlled;
    if (mayReload()) return location.reload();
  }
  keepUsed(serviceWorker);
}

function loaded(): Promise<unknown> {
  if (document.readyState === 'complete') return Promise.resolve();
  return new Promise((resolve) => addEventListener('load', resolve, { once: true }));
}

/** Whether a reload may bring threads, and takes nothing from anybody. True once for a tab. */
function mayReload(): boolean {
  if (crossOriginIsolated || isTouched) return false;
  try {
    if (sessionStorage.getItem(reloadedKey)) return false;
    sessionStorage.setItem(reloadedKey, 'true');
    return true;
  } catch {
    // Blocked: then nothing would stop it from reloading for ever.
    return false;
  }
}

/** Tells the worker what the page loads, so that it keeps it: an engine may have come before the worker did. */
function keepUsed(serviceWorker: ServiceWorkerContainer): void {
  const observer = new PerformanceObserver((list) => {
    const addresses: PageMessage = list.getEntries().map(({ name }) => name);
    serviceWorker.controller?.postMessage(addresses);
  });
  observer.observe({ type: 'resource', buffered: true });
}
