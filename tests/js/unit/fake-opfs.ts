// A directory of access handles that forgets, when it crashes, what was not flushed, all of it or a part.
import type { Access, PoolDirectory } from '../../../pkg/src/storage/opfs/pool.js';

type Change = { at: number; bytes: Uint8Array } | { size: number };

class FakeFile {
  /** What the disk has, and what was done since the last flush. */
  durable: Uint8Array = new Uint8Array();
  pending: Change[] = [];
  isOpen = false;

  get bytes(): Uint8Array {
    return this.pending.reduce(apply, this.durable);
  }
}

function apply(before: Uint8Array, change: Change): Uint8Array {
  const size = 'size' in change ? change.size : Math.max(before.length, change.at + change.bytes.length);
  const after = new Uint8Array(size);
  after.set(before.subarray(0, size));
  if ('bytes' in change) after.set(change.bytes, change.at);
  return after;
}

/** What of unflushed changes a crash leaves. */
export type Luck = 'nothing' | 'all' | 'half of the last' | 'only the last' | 'all but the last';
export const LUCKS: Luck[] = ['nothing', 'all', 'half of the last', 'only the last', 'all but the last'];

export class FakeDirectory implements PoolDirectory {
  readonly files = new Map<string, FakeFile>();
  /** The changing call at which it crashes; those after it fail too. */
  crashAt = Infinity;
  calls = 0;
  /** Bytes that all files may have together. */
  quota = Infinity;

  list = async () => [...this.files.keys()];
  estimate = async () => ({ usage: this.used(), quota: this.quota });

  async open(name: string): Promise<Access> {
    const file = this.files.get(name) ?? new FakeFile();
    this.files.set(name, file);
    if (file.isOpen) throw new DOMException('open elsewhere', 'NoModificationAllowedError');
    file.isOpen = true;
    const change = (made: Change) => {
      file.pending.push(made);
      if (this.calls++ >= this.crashAt) throw new Error('crash');
    };
    return {
      read(into, { at }) {
        const found = file.bytes.subarray(at, at + into.length);
        into.set(found);
        return found.length;
      },
      write: (bytes, { at }) => {
        if (this.used() + Math.max(0, at + bytes.length - file.bytes.length) > this.quota)
          throw new DOMException('no space', 'QuotaExceededError');
        change({ at, bytes: bytes.slice() });
        return bytes.length;
      },
      truncate: (size) => change({ size }),
      getSize: () => file.bytes.length,
      flush: () => {
        if (this.calls++ >= this.crashAt) throw new Error('crash');
        [file.durable, file.pending] = [file.bytes, []];
      },
      close: () => void (file.isOpen = false),
    };
  }

  /** The power goes, and comes again. */
  crash(luck: Luck): void {
    this.crashAt = Infinity;
    for (const file of this.files.values()) {
      const last = file.pending.at(-1);
      let kept = file.pending;
      if (luck === 'nothing') kept = [];
      else if (luck === 'only the last') kept = last ? [last] : [];
      else if (luck !== 'all') kept = kept.slice(0, -1);
      if (luck === 'half of the last' && last)
        kept.push('size' in last ? last : { ...last, bytes: last.bytes.subarray(0, last.bytes.length >> 8) });
      [file.durable, file.pending, file.isOpen] = [kept.reduce(apply, file.durable), [], false];
    }
  }

  private used(): number {
    return [...this.files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
}
