/** Keeps the page for offline use, and says when a newer one is ready. */

/** Calls `ready` with what takes the new version when there is one. */
export async function keepOffline(ready: (take: () => void) => void): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  const { serviceWorker } = navigator;
  const offer = (waiting: ServiceWorker) => {
    ready(() => {
      serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
      waiting.postMessage('take over');
    });
  };
  try {
    const registration = await serviceWorker.register('worker.js');
    // The first visit has nothing older to replace.
    const check = (worker: ServiceWorker | null) => {
      if (worker && serviceWorker.controller) offer(worker);
    };
    check(registration.waiting);
    registration.addEventListener('updatefound', () => {
      const { installing } = registration;
      installing?.addEventListener('statechange', () => {
        if (installing.state === 'installed') check(installing);
      });
    });
  } catch {
    // Not allowed here (a private window, perhaps): the page works, but only online.
  }
}
