/**
 * The file primitives over handles that were opened ahead.
 *
 * The engine creates and renames files at once, and a handle takes a while to open. So the pool has more files than are
 * in use. Each says in its header which path it has, and to create, rename or remove is to write a header.
 *
 * A header is written to the slot that does not count, and flushed before anything else happens: a crash leaves what was
 * or what is to be. A file is renamed over another by its one header, whose generation is greater; the other is freed
 * after it. A free file is emptied after its header says so, and filled only after its header names a path. So no crash
 * leaves a file with contents that no slot speaks of, or a free one whose other slot cannot be read: such a file is damaged,
 * and is not taken for a free one.
 */

import { DatabaseDamagedError } from '../../errors/index.js';
import type { FilePrimitives } from '../node-fs.js';
import { DATA, decodeHeader, encodeHeader, SLOT } from './header.js';

/** As much of a FileSystemSyncAccessHandle as is used. */
export interface Access {
  read(bytes: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

/** Where the files of a pool are. */
export interface PoolDirectory {
  /** Names of all files. */
  list(): Promise<string[]>;
  /** Opens a file for this pool alone, creating it when absent. */
  open(name: string): Promise<Access>;
  /** What the origin uses and may use, as far as the browser tells. */
  estimate(): Promise<{ usage?: number | undefined; quota?: number | undefined }>;
}

/**
 * Files that are ready to be used. A commit may begin a segment, an index be written beside it, and copying what lives of
 * a sparse segment may begin another; the segment after that is 32 MiB away.
 */
const SPARE = 4;

interface PoolFile {
  access: Access;
  /** The slot that counts. */
  slot: number;
  generation: number;
  path: string;
}

export class Pool {
  readonly primitives: FilePrimitives;
  private readonly directory: PoolDirectory;
  /** By their names, which are numbers. */
  private readonly files: (PoolFile | undefined)[] = [];
  /** Numbers of files by path, and of those that have none. */
  private readonly paths = new Map<string, number>();
  private readonly spare: number[] = [];
  /** Files whose headers cannot be read. */
  private readonly unreadable: number[] = [];
  private generation = 0;
  private refilling: Promise<void> | undefined;
  /** Why there are fewer spare files than there should be. */
  private shortage: unknown;
  /** A header that could not be written: what it says is only known when it is read again. */
  private failure: unknown;
  private isReleased = false;
  /** Told when it is released. */
  released: (() => void) | undefined;
  /** What the browser told of the origin, and the bytes that files have grown by since. */
  private estimate: { usage?: number | undefined; quota?: number | undefined } = {};
  private grown = 0;

  private constructor(directory: PoolDirectory) {
    this.directory = directory;
    this.primitives = this.make();
  }

  /** Opens what is there. With `salvage`, in spite of headers that cannot be read. */
  static async open(directory: PoolDirectory, salvage = false): Promise<Pool> {
    const pool = new Pool(directory);
    try {
      await pool.load();
      if (pool.unreadable.length > 0 && !salvage)
        throw new DatabaseDamagedError(
          `the files of the database are damaged: ${headerOf(pool.unreadable[0]!)}; repair() saves what can be read`,
        );
      await pool.refill();
      if (pool.spare.length === 0) throw fileError(pool.shortage, pool.told());
      return pool;
    } catch (error) {
      pool.release();
      throw error;
    }
  }

  /** Frees files whose headers cannot be read, and says which; a repair has saved what could be. */
  discard(): string[] {
    return this.unreadable.splice(0).map((number) => {
      this.free(number);
      return headerOf(number);
    });
  }

  /** Closes all handles. */
  release(): void {
    this.isReleased = true;
    for (const file of this.files) file?.access.close();
    this.files.length = 0;
    this.released?.();
  }

  private async load(): Promise<void> {
    const listed = await this.directory.list();
    const numbers = listed.filter((name) => /^(0|[1-9]\d*)$/.test(name)).map(Number);
    numbers.sort((a, b) => a - b);
    // One before the others: who has it has all, so that of two that open them one gets on.
    if (numbers[0] !== 0) numbers.unshift(0);
    await this.add(numbers[0]!);
    const opened = await Promise.allSettled(numbers.slice(1).map((number) => this.add(number)));
    const refused = opened.find((result) => result.status === 'rejected');
    if (refused) throw refused.reason;
    const stale: number[] = [];
    for (const [number, file] of this.files.entries()) {
      if (!file || this.unreadable.includes(number)) continue;
      this.generation = Math.max(this.generation, file.generation);
      const other = this.paths.get(file.path);
      if (file.path === '') stale.push(number);
      else if (other === undefined) this.paths.set(file.path, number);
      else {
        // A crash came between a rename and the end of what it replaced.
        const isNewer = file.generation > this.files[other]!.generation;
        stale.push(isNewer ? other : number);
        if (isNewer) this.paths.set(file.path, number);
      }
    }
    for (const number of stale) this.free(number);
  }

  /** Opens a file and reads its header. */
  private async add(number: number): Promise<void> {
    const access = await this.directory.open(String(number));
    if (this.isReleased) return access.close();
    const file: PoolFile = { access, slot: 1, generation: 0, path: '' };
    this.files[number] = file;
    const [first, second] = [0, 1].map((slot) => decodeHeader(readAt(access, slot * SLOT, SLOT)));
    if (first || second) {
      file.slot = (second?.generation ?? -1) > (first?.generation ?? -1) ? 1 : 0;
      Object.assign(file, file.slot === 1 ? second : first);
    }
    if (access.getSize() > DATA && file.path === '' && !(first && second)) this.unreadable.push(number);
  }

  /** Opens spare files until there are enough; one call does it for all that ask meanwhile. */
  private refill(): Promise<void> {
    const open = async () => {
      try {
        this.shortage = undefined;
        while (this.spare.length < SPARE && !this.isReleased) {
          let number = 0;
          while (this.files[number] && !this.isLoose(number)) number++;
          if (!this.files[number]) await this.add(number);
          if (!this.isReleased) this.free(number);
        }
        // Nobody waits for what only an error may have to tell.
        void this.directory.estimate().then((estimate) => {
          this.estimate = estimate;
          this.grown = 0;
        });
      } catch (error) {
        this.shortage = error;
      }
    };
    return (this.refilling ??= open().finally(() => (this.refilling = undefined)));
  }

  /** Whether a file is free and no spare one, because it could not be made one. */
  private isLoose(number: number): boolean {
    return (
      this.files[number]!.path === '' && !this.spare.includes(number) && !this.unreadable.includes(number)
    );
  }

  /** Writes what a file is. */
  private put(number: number, path: string): void {
    const file = this.files[number]!;
    const header = { generation: this.generation + 1, path };
    const slot = 1 - file.slot;
    try {
      writeAt(file.access, slot * SLOT, encodeHeader(header));
      file.access.flush();
    } catch (error) {
      // A new file is free, whatever became of its first header.
      if (file.generation > 0) this.failure = error;
      throw error;
    }
    this.generation++;
    Object.assign(file, header, { slot });
  }

  /** Makes a file a spare one, and gives back its bytes. */
  private free(number: number): void {
    const { path, generation, access } = this.files[number]!;
    if (path !== '' || generation === 0) this.put(number, '');
    if (access.getSize() !== DATA) {
      access.truncate(DATA);
      // Before a header claims it, so that what was in it does not come back.
      access.flush();
    }
    this.spare.push(number);
  }

  /** The file of a path, which is created when absent. */
  private claim(path: string): number {
    const there = this.paths.get(path);
    if (there !== undefined) return there;
    const number = this.spare[0];
    if (number === undefined) {
      const { shortage } = this;
      void this.refill();
      throw shortage ?? new Error('no file is ready for use: try again');
    }
    this.put(number, path);
    this.spare.shift();
    this.paths.set(path, number);
    void this.refill();
    return number;
  }

  private rename(from: string, to: string): void {
    const number = this.paths.get(from);
    if (number === undefined) throw new Error(`no such file: ${from}`);
    if (from === to) return;
    const replaced = this.paths.get(to);
    this.put(number, to);
    this.paths.delete(from);
    this.paths.set(to, number);
    if (replaced !== undefined) this.free(replaced);
  }

  private remove(path: string): void {
    for (const [name, number] of [...this.paths]) {
      if (name !== path && !name.startsWith(`${path}/`)) continue;
      this.paths.delete(name);
      this.free(number);
    }
  }

  /** Bytes of the origin, in the words that a StorageFullException is told them by. */
  private told(): string {
    const { usage, quota } = this.estimate;
    return usage === undefined || quota === undefined
      ? ''
      : `; ${usage + this.grown} of ${quota} bytes are used`;
  }

  private make(): FilePrimitives {
    const guard = <T>(work: () => T): T => {
      try {
        if (this.isReleased) throw new Error('the files are closed');
        if (this.failure) throw this.failure;
        return work();
      } catch (error) {
        throw fileError(error, this.told());
      }
    };
    const access = (handle: number): Access => this.files[handle]!.access;
    const size = (handle: number) => access(handle).getSize() - DATA;
    const write = (handle: number, offset: number, bytes: Uint8Array) => {
      const before = size(handle);
      try {
        writeAt(access(handle), DATA + offset, bytes);
      } finally {
        this.grown += Math.max(0, size(handle) - before);
      }
    };
    return {
      open: (path) => guard(() => this.claim(path)),
      // A handle is the pool's until the pool is released.
      close: () => undefined,
      size: (handle) => guard(() => size(handle)),
      readAt: (handle, offset, length) => guard(() => readAt(access(handle), DATA + offset, length)),
      writeAt: (handle, offset, bytes) => guard(() => write(handle, offset, bytes)),
      append: (handle, bytes) =>
        guard(() => {
          const end = size(handle);
          write(handle, end, bytes);
          return end;
        }),
      truncate: (handle, length) => guard(() => access(handle).truncate(DATA + length)),
      sync: async (handle) => {
        guard(() => access(handle).flush());
        // What creates many files syncs between them, and so never finds the pool empty.
        if (this.spare.length < SPARE) await this.refill();
      },
      // Headers are flushed as they are written.
      syncDirectory: async () => guard(() => undefined),
      exists: (path) => guard(() => this.paths.has(path)),
      rename: (from, to) => guard(() => this.rename(from, to)),
      remove: (path) => guard(() => this.remove(path)),
      list: (path) =>
        guard(() => {
          const prefix = path === '' ? '' : `${path}/`;
          const below = [...this.paths.keys()].filter((name) => name.startsWith(prefix));
          return [...new Set(below.map((name) => name.slice(prefix.length).split('/', 1)[0]!))].sort();
        }),
      // Directories are parts of paths.
      mkdir: () => undefined,
    };
  }
}

const headerOf = (number: number) => `the header of file ${number} cannot be read`;

function readAt(access: Access, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const read = access.read(bytes.subarray(done), { at: offset + done });
    if (read === 0) break;
    done += read;
  }
  return bytes.subarray(0, done);
}

function writeAt(access: Access, offset: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) {
    const written = access.write(bytes.subarray(done), { at: offset + done });
    // Some browsers write less instead of saying that the quota is exceeded.
    if (written === 0) throw new DOMException('nothing more could be written', 'QuotaExceededError');
    done += written;
  }
}

/** An error with the code by which the engine knows that no space is left. */
function fileError(error: unknown, told: string): unknown {
  const { name, message } = error as Error;
  if (name !== 'QuotaExceededError') return error;
  return Object.assign(new Error(`${message}${told}`, { cause: error }), { code: 'ENOSPC' });
}
