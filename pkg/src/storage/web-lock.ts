/** Web Locks: one owner per name among all contexts of an origin, given up when the holder goes, however it goes. */

import { DatabaseLockedError, StorageFailedException, StorageUnavailableError } from '../errors/index.js';

/**
 * How long a lock is waited for, in milliseconds: a page that was reloaded or closed gives its locks up a moment later
 * than the next one asks for them.
 */
const PATIENCE = 500;

/** Takes the lock that owns the database `name`; gives what releases it. */
export async function own(name: string): Promise<() => void> {
  const locks = globalThis.navigator?.locks;
  if (!locks) throw new StorageUnavailableError('Web Locks are unavailable: this runtime does not have them');
  return new Promise((resolve, reject) => {
    const busy = () =>
      reject(
        new DatabaseLockedError(
          `The database "${name}" cannot be opened: another tab, window or worker has this database open`,
        ),
      );
    // Held until the promise that is returned resolves.
    const hold = (lock: Lock | null) => (lock ? new Promise<void>((release) => resolve(release)) : busy());
    // Where a request cannot be given up it does not wait.
    const options =
      typeof AbortSignal.timeout === 'function'
        ? { signal: AbortSignal.timeout(PATIENCE) }
        : { ifAvailable: true };
    locks.request(`dynatab/${name}`, options, hold).catch((error: Error) => {
      if (error.name === 'TimeoutError') busy();
      // An opaque origin has none. Anything else, as of a page being unloaded, says nothing of what is stored.
      else if (error.name === 'SecurityError')
        reject(new StorageUnavailableError(`Web Locks are unavailable: ${error.message}`));
      else {
        const message = `The lock of the database "${name}" could not be asked for: ${error.message}`;
        reject(new StorageFailedException({ message, cause: error }));
      }
    });
  });
}
