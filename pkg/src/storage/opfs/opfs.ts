/** A database in the origin private file system: its directory, and the pool of files there. For dedicated workers. */

import { DatabaseLockedError, StorageUnavailableError } from '../../errors/index.js';
import { filesTaken } from '../../link/moved.js';
import { held } from './held.js';
import { Pool, type Access, type PoolDirectory } from './pool.js';

/** The directory of all databases. */
const HOME = 'dynatab';
/** How long files are waited for that an owner on its way out still has open, in milliseconds. */
const PATIENCE = 5_000;
const PAUSE = 25;

export interface OpenFiles {
  /** Told when another context has taken the files, which are closed then. */
  lost?: (() => void) | undefined;
  /** Opens them in spite of damaged headers. */
  salvage?: boolean;
}

/** Opens the files of the database `name`. Who had them open gives them up: who calls this owns the database. */
export async function openFiles(name: string, { lost, salvage }: OpenFiles = {}): Promise<Pool> {
  // As long as nothing is known of what is stored, a browser that keeps nothing is told from one that fails.
  const home = await available(() => navigator.storage.getDirectory());
  if (!('createSyncAccessHandle' in FileSystemFileHandle.prototype))
    throw new StorageUnavailableError(
      'storage "opfs": only dedicated workers can use it: pass worker: true to open()',
    );
  const all = await held(home, (home) => home.getDirectoryHandle(HOME, { create: true }));
  const directory = await held(all, (all) => all.getDirectoryHandle(encode(name), { create: true }));
  let pool: Pool | undefined;
  let isLost = false;
  const release = await seize(name, () => {
    isLost = true;
    pool?.release();
    lost?.();
  });
  try {
    pool = await patiently(name, () => {
      if (isLost) throw filesTaken();
      return Pool.open(over(directory), salvage);
    });
    pool.released = release;
    if (!isLost) return pool;
    // Whoever took them waits for what was opened since.
    pool.release();
    throw filesTaken();
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * Takes the lock of the files of a database from whoever has it; gives what releases it. Handles cannot be taken away from a
 * context that has them, so a former owner has to hear that they are wanted, also where its page hangs.
 */
function seize(name: string, lost: () => void): Promise<() => void> {
  return new Promise((granted, failed) => {
    const hold = () => new Promise<void>((release) => granted(release));
    navigator.locks.request(`dynatab-files/${name}`, { steal: true }, hold).catch((error: Error) => {
      if (error.name === 'AbortError') lost();
      failed(error);
    });
  });
}

/** Deletes the files of the database `name`; who has them open gives them up. */
export async function removeFiles(name: string): Promise<void> {
  const home = await available(() => navigator.storage.getDirectory());
  const release = await seize(name, () => undefined);
  const removing = patiently(name, async () => {
    try {
      const all = await held(home, (home) => home.getDirectoryHandle(HOME));
      await held(all, (all) => all.removeEntry(encode(name), { recursive: true }));
    } catch (error) {
      if ((error as Error).name !== 'NotFoundError') throw error;
    }
  });
  await removing.finally(release);
}

async function available<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    const { message } = error as Error;
    throw new StorageUnavailableError(
      `storage "opfs": the browser gives no origin private file system here (${message}); storage "auto" takes what there is`,
      { cause: error },
    );
  }
}

/** Tries again while another context has files open; an owner that went gives them up a moment later than its lock. */
async function patiently<T>(name: string, task: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + PATIENCE; ;) {
    try {
      return await task();
    } catch (error) {
      if ((error as Error).name !== 'NoModificationAllowedError') throw failed(error);
      if (Date.now() > end)
        throw new DatabaseLockedError(
          `The database "${name}" cannot be opened: another tab, window or worker still has its files open`,
          { cause: error },
        );
      await new Promise((done) => setTimeout(done, PAUSE));
    }
  }
}

/** What the browser refused, by a name that opening knows. */
function failed(error: unknown): unknown {
  const { name, message, code } = error as Error & { code?: unknown };
  const isFull = code === 'ENOSPC' || name === 'QuotaExceededError';
  if (!isFull && !(error instanceof DOMException)) return error;
  const made = new Error(message, { cause: error });
  made.name = isFull ? 'StorageFullException' : 'StorageFailedException';
  return made;
}

/** What the types of a page leave out. */
interface WorkersOnly {
  createSyncAccessHandle(): Promise<Access>;
}

/** A name as one of a directory, whatever it is. */
const encode = (name: string) =>
  encodeURIComponent(name).replace(/[.*]/g, (c) => (c === '.' ? '%2E' : '%2A'));

function over(directory: FileSystemDirectoryHandle): PoolDirectory {
  return {
    list: () =>
      held({ directory, listed: directory.keys() }, async ({ listed }) => {
        const names: string[] = [];
        for await (const name of listed) names.push(name);
        return names;
      }),
    async open(name) {
      const file = await held(directory, () => directory.getFileHandle(name, { create: true }));
      return held(file, () => (file as FileSystemFileHandle & WorkersOnly).createSyncAccessHandle());
    },
    estimate: async () => (await navigator.storage.estimate?.().catch(() => undefined)) ?? {},
  };
}
