/** The alarm of a Durable Object: it has one, which wakes it also when nothing of it is in memory. */

import type { DurableStorage } from './runtime.js';

export class Wake {
  private readonly storage: DurableStorage;
  /** When it will ring. */
  private at: number;

  private constructor(storage: DurableStorage, at: number) {
    this.storage = storage;
    this.at = at;
  }

  static async of(storage: DurableStorage): Promise<Wake> {
    return new Wake(storage, (await storage.getAlarm()) ?? Infinity);
  }

  /** Sets it, unless it rings earlier anyway: who is woken looks for all that is due. */
  set(at: number): void {
    const rings = this.at > Date.now();
    if (rings && this.at <= at) return;
    this.at = at;
    // Nobody waits for it, so what went wrong is told by the runtime: that the class has no alarm(), say.
    this.storage.setAlarm(at).catch((error: unknown) => {
      this.at = Infinity;
      throw error;
    });
  }
}
