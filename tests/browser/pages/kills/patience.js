import { open } from '/dist/browser.js';

/**
 * Opens a database whose owner may have died a moment ago, or is about to. Nothing but IndexedDB will do: memory would
 * look like a database that lost everything. Gives the database, and how often it was found locked.
 */
export async function openPatiently(options, refused = () => undefined) {
  for (let locked = 0; ; locked++) {
    try {
      return { db: await open({ storage: 'indexeddb', ...options }), locked };
    } catch (error) {
      if (error.name !== 'DatabaseLockedError' || locked === 40) throw error;
      refused(error);
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}
