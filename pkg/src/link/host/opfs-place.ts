/**
 * The files of the origin private file system, for an engine in this context: its own in a dedicated worker, where there are
 * handles of files; elsewhere those of a worker that has nothing but the store.
 */

import { StorageUnavailableError } from '../../errors/index.js';
import { hasHandles } from '../../storage/opfs/handles.js';
import { openFiles } from '../../storage/opfs/opfs.js';
import { RemoteStore } from '../../storage/remote/remote-store.js';
import type { EngineOptions } from '../../wasm.js';
import type { ContextWorker } from './context-worker.js';

export interface Place {
  /** What the engine reaches them by. */
  engine: Pick<EngineOptions, 'files' | 'store'>;
  /** Closes them. */
  release(): void;
  /** Closes them before this returns, whatever is under way. */
  end(): void;
}

/** Told that files are nobody's here any more: another context has them, or, with a cause, the worker failed. */
type Lost = (cause?: string) => void;

/** What a context has open, and the worker that is started before it will be needed. */
export class Places {
  private readonly start: (() => Promise<ContextWorker>) | undefined;
  private readonly opened = new Set<Place>();
  private standby: Promise<ContextWorker> | undefined;

  /** `start` starts a worker, for a context that has no handles. */
  constructor(start: (() => Promise<ContextWorker>) | undefined) {
    this.start = start;
  }

  prepare(): void {
    if (hasHandles() || !this.start) return;
    const standby = (this.standby ??= this.start());
    standby.then((worker) => worker.say(['prepare', 0, 'opfs'])).catch(() => undefined);
  }

  /** Opens the files of the database `name`. */
  async open(name: string, lost: Lost): Promise<Place> {
    const place = await (hasHandles() ? here(name, lost) : this.elsewhere(name, lost));
    this.opened.add(place);
    return {
      ...place,
      release: () => {
        this.opened.delete(place);
        place.release();
      },
    };
  }

  /** Closes all of them at once. */
  end(): void {
    for (const place of this.opened) place.end();
    void this.standby?.then((worker) => worker.end()).catch(() => undefined);
    this.standby = undefined;
  }

  private async elsewhere(name: string, lost: Lost): Promise<Place> {
    if (!this.start)
      throw new StorageUnavailableError(
        'storage "opfs": pass worker to open(): a function that starts worker.js',
      );
    const ready = await this.standby?.catch(() => undefined);
    this.standby = undefined;
    return through(ready && !ready.isGone ? ready : await this.start(), name, lost);
  }
}

async function here(name: string, lost: Lost): Promise<Place> {
  const pool = await openFiles(name, { lost });
  const release = () => pool.release();
  return { engine: { files: pool.primitives }, release, end: release };
}

/** By a worker of its own. */
async function through(worker: ContextWorker, name: string, lost: Lost): Promise<Place> {
  const number = worker.number();
  const { port1, port2 } = new MessageChannel();
  let released = false;
  const store = new RemoteStore(port1, (how, cause) => {
    // Its files are closed when it says that it is over, and go with the worker otherwise.
    worker.end();
    if (how === 'lost' && !released) lost(cause);
  });
  worker.add(number, { hear: () => undefined, lost: (cause) => store.end(cause.message) });
  try {
    await worker.ask(['store', number, name, port2], [port2]);
  } catch (error) {
    worker.end();
    throw error;
  }
  return {
    engine: { store },
    release() {
      released = true;
      // An engine that failed has not closed it.
      void store.close().catch(() => undefined);
    },
    end() {
      released = true;
      store.end('the context is stopped');
    },
  };
}
