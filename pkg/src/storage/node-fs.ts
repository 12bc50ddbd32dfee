/**
 * The file operations the engine's file store is built on, over `node:fs`, and the lock of a directory.
 *
 * They are synchronous but for `sync`, which is what takes time. Paths are relative to the directory and use `/`.
 */

import * as fs from 'node:fs';
import { hostname } from 'node:os';
import * as nodePath from 'node:path';
import { DatabaseLockedError } from '../errors/index.js';

/** What the engine calls. A handle is a number of the operating system. */
export interface FilePrimitives {
  /** Opens for reading and writing, creating the file when absent. */
  open(path: string): number;
  close(handle: number): void;
  size(handle: number): number;
  /** Up to `length` bytes from `offset`: fewer at the end of the file. */
  readAt(handle: number, offset: number, length: number): Uint8Array;
  writeAt(handle: number, offset: number, bytes: Uint8Array): void;
  /** Writes at the end and gives the offset it wrote at. */
  append(handle: number, bytes: Uint8Array): number;
  truncate(handle: number, size: number): void;
  /** Settles when the file's contents are on the disk. */
  sync(handle: number): Promise<void>;
  /** Settles when the directory's entries (creations, renames, removals) are on the disk. */
  syncDirectory(path: string): Promise<void>;
  exists(path: string): boolean;
  rename(from: string, to: string): void;
  /** Removes a file or a directory with all in it; nothing happens when there is none. */
  remove(path: string): void;
  /** Names in a directory, sorted; none when there is no directory. */
  list(path: string): string[];
  mkdir(path: string): void;
}

const LOCK = 'LOCK';

/** Creates the directory when absent and locks it. @throws DatabaseLockedError when another process holds it. */
export function openDirectory(directory: string): {
  engine: { files: FilePrimitives };
  /** Waits for what is under way, then closes what is open. */
  quiet(): Promise<void>;
  /** Bytes of all files in it, and those that may be: what is free on its disk too, where the runtime tells. */
  usage(): { usage: number; quota: number | undefined };
  /** Removes everything but the lock. */
  clear(): void;
  release(): void;
} {
  const root = nodePath.resolve(directory);
  createDirectory(root);
  const release = lock(nodePath.join(root, LOCK));
  const made = primitives(root);
  const { watched, quiet } = watch(made);
  return {
    engine: { files: watched },
    quiet,
    usage() {
      const usage = bytesIn(root);
      const free = freeBeside(root);
      return { usage, quota: free === undefined ? undefined : usage + free };
    },
    clear() {
      for (const name of made.list('')) made.remove(name);
    },
    release,
  };
}

/** Creates a directory and what is missing above it; their names are on the disk before anything is kept in them. */
function createDirectory(root: string): void {
  const first = fs.mkdirSync(root, { recursive: true });
  // Windows keeps no handle on directories, and needs none.
  if (first === undefined || process.platform === 'win32') return;
  for (let made = root; ; made = nodePath.dirname(made)) {
    const handle = fs.openSync(nodePath.dirname(made), 'r');
    try {
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
    if (made.length <= first.length) return;
  }
}

/** Bytes of the files below a directory; one that is removed meanwhile has none. */
function bytesIn(directory: string): number {
  let bytes = 0;
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const place = nodePath.join(directory, entry.name);
    if (entry.isDirectory()) bytes += bytesIn(place);
    else bytes += fs.lstatSync(place, { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

/** As much of Deno as is asked. */
interface Deno {
  permissions: { querySync(permission: object): { state: string } };
}

/** Bytes that this user may still write on the disk of a directory; nothing where the runtime does not tell. */
function freeBeside(directory: string): number | undefined {
  try {
    // Without that permission Deno would stop the process and ask its user.
    const { permissions } = (globalThis as { Deno?: Deno }).Deno ?? {};
    const permission = permissions?.querySync({ name: 'sys', kind: 'statfs' });
    if (permission && permission.state !== 'granted') return undefined;
    const { bavail, bsize } = fs.statfsSync(directory);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** The same primitives, and what ends all that was begun with them: an engine that failed cannot. */
function watch(made: FilePrimitives): { watched: FilePrimitives; quiet(): Promise<void> } {
  const handles = new Set<number>();
  const underWay = new Set<Promise<void>>();
  const waited = (promise: Promise<void>) => {
    underWay.add(promise);
    const ended = () => void underWay.delete(promise);
    promise.then(ended, ended);
    return promise;
  };
  const watched: FilePrimitives = {
    ...made,
    open(path) {
      const handle = made.open(path);
      handles.add(handle);
      return handle;
    },
    close(handle) {
      handles.delete(handle);
      made.close(handle);
    },
    sync: (handle) => waited(made.sync(handle)),
    syncDirectory: (path) => waited(made.syncDirectory(path)),
  };
  return {
    watched,
    async quiet() {
      await Promise.allSettled(underWay);
      for (const handle of [...handles]) watched.close(handle);
    },
  };
}

/** The primitives below `root`. */
export function primitives(root: string): FilePrimitives {
  const at = (path: string) => {
    const full = nodePath.join(root, path);
    if (full !== root && !full.startsWith(root + nodePath.sep))
      throw new Error(`path outside of the database: ${path}`);
    return full;
  };
  const writeAt = (handle: number, offset: number, bytes: Uint8Array) => {
    let done = 0;
    while (done < bytes.length) done += fs.writeSync(handle, bytes, done, bytes.length - done, offset + done);
  };
  const size = (handle: number) => fs.fstatSync(handle).size;
  return {
    open: (path) => fs.openSync(at(path), fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644),
    close: (handle) => fs.closeSync(handle),
    size,
    readAt(handle, offset, length) {
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const read = fs.readSync(handle, bytes, done, length - done, offset + done);
        if (read === 0) break;
        done += read;
      }
      return done === length ? bytes : bytes.subarray(0, done);
    },
    writeAt,
    append(handle, bytes) {
      const end = size(handle);
      writeAt(handle, end, bytes);
      return end;
    },
    truncate: (handle, length) => fs.ftruncateSync(handle, length),
    sync: (handle) =>
      new Promise((resolve, reject) => fs.fdatasync(handle, (e) => (e ? reject(e) : resolve()))),
    async syncDirectory(path) {
      // Windows keeps no handle on directories, and needs none.
      if (process.platform === 'win32') return;
      const handle = await fs.promises.open(at(path), 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    exists: (path) => fs.existsSync(at(path)),
    rename: (from, to) => fs.renameSync(at(from), at(to)),
    remove: (path) => fs.rmSync(at(path), { recursive: true, force: true }),
    list(path) {
      try {
        return fs
          .readdirSync(at(path))
          .filter((name) => !name.startsWith(LOCK))
          .sort();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    },
    mkdir: (path) => void fs.mkdirSync(at(path), { recursive: true }),
  };
}

interface Holder {
  pid: number;
  /** Tells a process from a later one of the same number. */
  started: string;
  host: string;
}

/** Takes the lock file, over a dead holder if need be, and gives what releases it. */
function lock(file: string): () => void {
  const mine: Holder = { pid: process.pid, started: startOf(process.pid) ?? '', host: host() };
  const text = JSON.stringify(mine);
  if (!create(file, text)) {
    // Only one process at a time may judge and replace a dead holder's lock, or two could each remove the other's.
    const judge = `${file}.takeover`;
    if (!create(judge, text)) {
      if (holds(readHolder(judge))) throw lockedBy(file, readHolder(file));
      fs.rmSync(judge, { force: true });
      if (!create(judge, text)) throw lockedBy(file, readHolder(file));
    }
    try {
      const holder = readHolder(file);
      if (holds(holder)) throw lockedBy(file, holder);
      fs.rmSync(file, { force: true });
      if (!create(file, text)) throw lockedBy(file, readHolder(file));
    } finally {
      fs.rmSync(judge, { force: true });
    }
  }
  let held = true;
  const release = () => {
    if (!held) return;
    held = false;
    process.removeListener('exit', release);
    fs.rmSync(file, { force: true });
  };
  process.on('exit', release);
  return release;
}

/** Creates `file` holding `text`, whole or not at all; false when it exists. */
function create(file: string, text: string): boolean {
  const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  fs.writeFileSync(draft, text);
  try {
    fs.linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/** The name of this machine; empty where the runtime keeps it from us (Deno, without a permission of its own). */
function host(): string {
  try {
    return hostname();
  } catch {
    return '';
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

/** Whether the process still runs; one on another machine cannot be asked, so it counts as running. */
function holds(holder: Holder | undefined): boolean {
  if (!holder) return false;
  if (holder.host !== host()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const started = startOf(holder.pid);
  return started === undefined || holder.started === '' || started === holder.started;
}

/** When a process started, in the clock ticks of Linux; undefined elsewhere. */
function startOf(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name in parentheses that may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function lockedBy(file: string, holder: Holder | undefined): DatabaseLockedError {
  const who = holder ? `process ${holder.pid} on ${holder.host || 'this machine'}` : 'another process';
  return new DatabaseLockedError(
    `The database is in use by ${who}. If that process is gone for good, delete ${file}.`,
  );
}
