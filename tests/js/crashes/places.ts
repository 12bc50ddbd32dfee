// The stores that are written in JavaScript, over what stands for their runtimes and can die at any call.
import type { Kept, OpenOptions, Runtime } from '../../../pkg/src/client/options.js';
import { openDenoKv } from '../../../pkg/src/storage/deno-kv/open.js';
import { openStorage } from '../../../pkg/src/storage/durable-object/index.js';
import { Pool } from '../../../pkg/src/storage/opfs/pool.js';
import { FakeDisk, FakeDurable } from '../stores/fake-durable.js';
import { FakeData, FakeKv } from '../stores/fake-kv.js';
import { FakeDirectory, LUCKS } from '../stores/fake-opfs.js';
import type { Random } from './random.js';

/** A process that has the database open. */
export interface Process {
  runtime: Pick<Runtime, 'files' | 'external'>;
  options: Partial<OpenOptions>;
  /** It dies in so many calls of its store. */
  dieIn(calls: number): void;
  /** Resolves when it has died. */
  died: Promise<void>;
}

/** Where a database is, over many processes. */
export interface Place {
  start(): Process;
  /** The process died: what it leaves. */
  crash(random: Random): void;
  /** What is kept. */
  bytes(): Iterable<Uint8Array>;
}

export const PLACES: Record<string, () => Place> = {
  opfs() {
    const directory = new FakeDirectory();
    return {
      start() {
        const files = async (): Promise<Kept> => {
          const pool = await Pool.open(directory);
          const release = () => pool.release();
          const usage = () => directory.estimate();
          return {
            engine: { files: pool.primitives },
            quiet: async () => undefined,
            usage,
            clear: release,
            release,
          };
        };
        return {
          runtime: { files },
          options: { path: 'db' },
          dieIn: (calls) => void (directory.crashAt = directory.calls + calls),
          died: new Promise((died) => (directory.died = died)),
        };
      },
      crash: (random) => directory.crash(random.pick(LUCKS)),
      *bytes() {
        for (const file of directory.files.values()) yield file.bytes;
      },
    };
  },

  'a Deno KV'() {
    const data = new FakeData();
    let kv: FakeKv;
    return {
      start() {
        kv = new FakeKv(data);
        const own = kv;
        return {
          runtime: {
            external: {
              storage: 'deno-kv',
              reason: 'it is there',
              open: ({ name }) => openDenoKv({ name, kv: own, leaseSeconds: 3600 }),
            },
          },
          options: {},
          dieIn: (calls) => void (own.dieAt = own.calls + calls),
          died: new Promise((died) => (own.died = died)),
        };
      },
      crash() {
        // Time passes, until its lease is over.
        for (const [text, { key }] of data.entries)
          if (key[2] === 'owner' || key[2] === 'lease') data.entries.delete(text);
      },
      *bytes() {
        for (const { value } of data.entries.values()) yield value;
      },
    };
  },

  'a Durable Object with SQLite': () => durableObject(true),
  'a Durable Object without SQLite': () => durableObject(false),
};

function durableObject(hasSql: boolean): Place {
  const disk = new FakeDisk();
  return {
    start() {
      const storage = new FakeDurable(disk, hasSql);
      return {
        runtime: {
          external: {
            storage: 'durable-object',
            reason: 'it is there',
            open: ({ name }) => openStorage(storage, name, false),
          },
        },
        options: {},
        dieIn: (calls) => void (storage.dieAt = storage.calls + calls),
        died: new Promise((died) => (storage.died = died)),
      };
    },
    crash: (random) => disk.crash(random.below(disk.turns.length + 1)),
    bytes: () => disk.bytes(),
  };
}
