/** The Web Lock that owns a database: one among all contexts of an origin, given up when the holder goes, however it goes. */

import { StorageFailedException, StorageUnavailableError } from '../../errors/index.js';

/** How the lock is asked for: at the end of the queue, only if it is free, or from whoever has it. */
type How = 'queue' | 'try' | 'steal';

export class Turn {
  private readonly name: string;
  private readonly changed: () => void;
  private release: (() => void) | undefined;
  private queued: AbortController | undefined;

  /** `changed` is told when the lock was had or lost without being asked for at that moment. */
  constructor(name: string, changed: () => void) {
    this.name = name;
    this.changed = changed;
  }

  get isHeld(): boolean {
    return this.release !== undefined;
  }

  /** Takes the lock if it is free; whether it was. */
  take(): Promise<boolean> {
    return this.ask('try');
  }

  /** Takes the lock from whoever has it. */
  steal(): Promise<boolean> {
    return this.ask('steal');
  }

  /** Waits for it in the queue; `changed` tells. */
  queue(): void {
    if (!this.queued && !this.release) void this.ask('queue').catch(() => undefined);
  }

  /** Gives it up, and the place in the queue. */
  end(): void {
    this.queued?.abort();
    this.queued = undefined;
    const { release } = this;
    this.release = undefined;
    release?.();
  }

  /** Asks the browser whether this context has the lock, which it may have been told of late. */
  async verify(): Promise<boolean> {
    if (!this.release) return false;
    const own = `dynatab/${this.name}/${Math.random()}`;
    // Its name tells which of the contexts this one is.
    const found = await navigator.locks.request(own, () => navigator.locks.query());
    const holder = (name: string) => found.held?.find((lock) => lock.name === name)?.clientId;
    return holder(`dynatab/${this.name}`) === holder(own);
  }

  /** Another context has it. */
  lose(): void {
    this.release = undefined;
  }

  private ask(how: How): Promise<boolean> {
    const locks = globalThis.navigator?.locks;
    if (!locks)
      return Promise.reject(
        new StorageUnavailableError('Web Locks are unavailable: this runtime does not have them'),
      );
    const queued = how === 'queue' ? (this.queued = new AbortController()) : undefined;
    const options = { queue: { signal: queued?.signal }, try: { ifAvailable: true }, steal: { steal: true } }[
      how
    ] as LockOptions;
    return new Promise((resolve, reject) => {
      let own: (() => void) | undefined;
      const hold = (lock: Lock | null) => {
        if (!lock) return resolve(false);
        if (queued?.signal.aborted) return undefined;
        // Held until what is returned resolves.
        return new Promise<void>((release) => {
          this.queued?.abort();
          this.queued = undefined;
          this.release?.();
          this.release = own = release;
          resolve(true);
          if (queued) this.changed();
        });
      };
      locks.request(`dynatab/${this.name}`, options, hold).catch((error: Error) => {
        if (own) {
          // Another context took it.
          if (this.release !== own) return;
          this.release = undefined;
          this.changed();
        } else if (error.name === 'AbortError') resolve(false);
        else if (error.name === 'SecurityError')
          // An opaque origin has none.
          reject(new StorageUnavailableError(`Web Locks are unavailable: ${error.message}`));
        else {
          const message = `The lock of the database "${this.name}" could not be asked for: ${error.message}`;
          reject(new StorageFailedException({ message, cause: error }));
        }
      });
    });
  }
}
