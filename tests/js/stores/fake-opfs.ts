// A directory of access handles that forgets, when it crashes, what was not flushed, all of it or a part.
import type { Access, PoolDirectory } from '../../../pkg/src/storage/opfs/pool.js';

type Change = { at: number; bytes: Uint8Array } | { size: number };

/** Bytes that grow in place. */
class Bytes {
  private buffer = new Uint8Array(1 << 12);
  private size = 0;

  get all(): Uint8Array {
    return this.buffer.subarray(0, this.size);
  }

  apply(change: Change): void {
    const size = 'size' in change ? change.size : Math.max(this.size, change.at + change.bytes.length);
    if (size > this.buffer.length) {
      const larger = new Uint8Array(Math.max(size, 2 * this.buffer.length));
      larger.set(this.all);
      this.buffer = larger;
    }
    // What comes back after a cut is zeros.
    this.buffer.fill(0, Math.min(size, this.size), this.size);
    this.size = size;
    if ('bytes' in change) this.buffer.set(change.bytes, change.at);
  }
}

class FakeFile {
  /** What the disk has, what is seen, and what was done since the last flush. */
  private readonly durable = new Bytes();
  private view = new Bytes();
  private pending: Change[] = [];
  isOpen = false;

  get bytes(): Uint8Array {
    return this.view.all;
  }

  change(change: Change): void {
    this.pending.push(change);
    this.view.apply(change);
  }

  flush(): void {
    for (const change of this.pending.splice(0)) this.durable.apply(change);
  }

  /** Of what was not flushed there is what `kept` gives. */
  crash(kept: (pending: Change[]) => Change[]): void {
    this.pending = kept(this.pending);
    this.flush();
    this.view = new Bytes();
    this.view.apply({ at: 0, bytes: this.durable.all });
    this.isOpen = false;
  }
}

/** What of unflushed changes a crash leaves. */
export type Luck = 'nothing' | 'all' | 'half of the last' | 'only the last' | 'all but the last';
export const LUCKS: Luck[] = ['nothing', 'all', 'half of the last', 'only the last', 'all but the last'];

export class FakeDirectory implements PoolDirectory {
  readonly files = new Map<string, FakeFile>();
  /** The changing call at which it crashes; those after it fail too. */
  crashAt = Infinity;
  calls = 0;
  /** Told when it crashes. */
  died: (() => void) | undefined;
  /** Bytes that all files may have together. */
  quota = Infinity;
  private crashes = 0;

  list = async () => [...this.files.keys()];
  estimate = async () => ({ usage: this.used(), quota: this.quota });

  async open(name: string): Promise<Access> {
    const file = this.files.get(name) ?? new FakeFile();
    this.files.set(name, file);
    if (file.isOpen) throw new DOMException('open elsewhere', 'NoModificationAllowedError');
    file.isOpen = true;
    const { crashes } = this;
    const call = () => {
      // Of a handle from before a crash nothing arrives.
      if (crashes !== this.crashes) throw new Error('crash');
      if (this.calls++ < this.crashAt) return;
      this.died?.();
      throw new Error('crash');
    };
    const change = (made: Change) => {
      if (crashes === this.crashes) file.change(made);
      call();
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
        call();
        file.flush();
      },
      close: () => {
        if (crashes === this.crashes) file.isOpen = false;
      },
    };
  }

  /** The power goes, and comes again. */
  crash(luck: Luck): void {
    this.crashAt = Infinity;
    this.crashes++;
    const kept = (pending: Change[]): Change[] => {
      const last = pending.at(-1);
      if (luck === 'all' || !last) return pending;
      if (luck === 'nothing') return [];
      if (luck === 'only the last') return [last];
      const others = pending.slice(0, -1);
      if (luck === 'all but the last') return others;
      return [
        ...others,
        'size' in last ? last : { ...last, bytes: last.bytes.subarray(0, last.bytes.length >> 8) },
      ];
    };
    for (const file of this.files.values()) file.crash(kept);
  }

  private used(): number {
    return [...this.files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
}
