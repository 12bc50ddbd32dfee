/**
 * The files of the origin private file system, for an engine in this context: its own in a dedicated worker, where there are
 * handles of files; elsewhere those of a worker that has nothing but the store.
 */

import { InternalServerError, StorageUnavailableError } from '../../errors/index.js';
import type { EngineOptions } from '../../wasm.js';
import { Moved } from '../moved.js';
import type { ContextWorker } from './context-worker.js';

/** What the storage `opfs` needs of its runtime. */
export interface OpfsAccess {
  /** The code of files. */
  files(): Promise<typeof import('../../entry/opfs.js')>;
  /** Starts the worker for contexts that have no handles. */
  worker?: (() => Promise<ContextWorker>) | undefined;
}

export interface Place {
  /** What the engine reaches them by. */
  engine: Pick<EngineOptions, 'files' | 'store'>;
  /** Closes them. */
  release(): void;
  /** Closes them before this returns, whatever is under way. */
  end(): void;
}

/** Whether this context may have handles of files. */
export const hasHandles = () => 'FileSystemSyncAccessHandle' in globalThis;

/** A worker that is started before its files are opened, where one will be needed. */
export class Standby {
  private readonly access: OpfsAccess | undefined;
  private worker: Promise<ContextWorker> | undefined;

  constructor(access: OpfsAccess | undefined) {
    this.access = access;
  }

  prepare(): void {
    if (hasHandles() || !this.access?.worker) return;
    this.access.files().catch(() => undefined);
    const worker = (this.worker ??= this.access.worker());
    worker.then((worker) => worker.say(['prepare', 0, 'opfs'])).catch(() => undefined);
  }

  /** The worker, or another where that has failed. */
  async take(): Promise<ContextWorker> {
    const { worker } = this;
    this.worker = undefined;
    const ready = await worker?.catch(() => undefined);
    return ready && !ready.isGone ? ready : this.access!.worker!();
  }

  end(): void {
    void this.worker?.then((worker) => worker.end()).catch(() => undefined);
    this.worker = undefined;
  }
}

/** Opens the files of the database `name`; `lost` is told when they are nobody's here any more. */
export function openPlace(
  name: string,
  access: OpfsAccess,
  standby: Standby,
  lost: (cause: Error) => void,
): Promise<Place> {
  return hasHandles() ? here(name, access, lost) : elsewhere(name, access, standby, lost);
}

const moved = () => new Moved('another context has the files of the database');

async function here(name: string, access: OpfsAccess, lost: (cause: Error) => void): Promise<Place> {
  const { openFiles } = await access.files();
  const pool = await openFiles(name, { lost: () => lost(moved()) });
  const release = () => pool.release();
  return { engine: { files: pool.primitives }, release, end: release };
}

async function elsewhere(
  name: string,
  access: OpfsAccess,
  standby: Standby,
  lost: (cause: Error) => void,
): Promise<Place> {
  if (!access.worker)
    throw new StorageUnavailableError(
      'storage "opfs": pass worker to open(): a function that starts worker.js',
    );
  const [worker, { RemoteStore }] = await Promise.all([standby.take(), access.files()]);
  const number = worker.number();
  const { port1, port2 } = new MessageChannel();
  let released = false;
  const store = new RemoteStore(port1, (how, cause) => {
    // Its files are closed when it says that it is over, and go with the worker otherwise.
    worker.end();
    if (how === 'lost' && !released)
      lost(cause === undefined ? moved() : new InternalServerError({ message: cause }));
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
