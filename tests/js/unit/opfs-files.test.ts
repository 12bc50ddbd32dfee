// Files of the origin private file system, opened over handles that are forgotten as Chromium does, and taken by another
// context: a call of a handle that is collected before the answer comes is never answered.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openFiles, removeFiles } from '../../../pkg/src/storage/opfs/opfs.js';
import { FakeDirectory } from '../stores/fake-opfs.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Answers later, if whoever was asked is still there. */
async function answer<T>(asked: WeakRef<object>, value: () => T | Promise<T>): Promise<T> {
  await wait(0);
  collect();
  await wait(0);
  return asked.deref() ? value() : new Promise(() => undefined);
}

abstract class Collectable {
  /** What a method of it gives. `value` must not keep it. */
  protected answer<T>(value: () => T | Promise<T>): Promise<T> {
    return answer(new WeakRef(this), value);
  }
}

let files: FakeDirectory;

class File extends Collectable {
  private readonly name: string;
  constructor(name: string) {
    super();
    this.name = name;
  }
  createSyncAccessHandle() {
    const { name } = this;
    return this.answer(() => files.open(name));
  }
}

class Names extends Collectable {
  private readonly names = [...files.files.keys()];
  next() {
    const value = this.names.shift();
    return this.answer(() => ({ value, done: value === undefined }));
  }
  [Symbol.asyncIterator]() {
    return this;
  }
}

class Directory extends Collectable {
  getDirectoryHandle() {
    return this.answer(() => new Directory());
  }
  getFileHandle(name: string) {
    return this.answer(() => new File(name));
  }
  removeEntry() {
    return this.answer(() => files.files.clear());
  }
  keys() {
    return new Names();
  }
}

/** Takes the lock from whoever has it. */
let steal: ((error: Error) => void) | undefined;
const request = (_name: string, _options: unknown, hold: () => Promise<void>) =>
  new Promise<void>((ended, taken) => {
    steal?.(new DOMException('stolen', 'AbortError'));
    steal = taken;
    void hold().then(ended);
  });

const PLACE = {
  navigator: {
    storage: { getDirectory: async () => new Directory(), estimate: async () => ({}) },
    locks: { request },
  },
  FileSystemFileHandle: File,
};

function setUp(t: TestContext): void {
  for (const [name, value] of Object.entries(PLACE)) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true });
    t.after(() =>
      before
        ? Object.defineProperty(globalThis, name, before)
        : delete (globalThis as Record<string, unknown>)[name],
    );
  }
  files = new FakeDirectory();
}

/** Whether a promise settles in time. */
const settles = (promise: Promise<unknown>) =>
  Promise.race([promise.then(() => true), wait(5_000, false, { ref: false })]);

test('handles that are busy are not collected', async (t) => {
  setUp(t);
  for (let round = 0; round < 3; round++) {
    const opening = openFiles('held');
    assert.ok(await settles(opening), `opening, round ${round}`);
    const pool = await opening;
    for (let n = 0; n < 6; n++) {
      const handle = pool.primitives.open(`${round}-${n}`);
      assert.ok(await settles(pool.primitives.sync(handle)), `file ${n}`);
    }
    pool.release();
  }
  assert.ok(await settles(removeFiles('held')), 'removing');
  assert.equal(files.files.size, 0);
});

test('who loses the files while they are opened gives up all of them', async (t) => {
  setUp(t);
  // At every moment of an opening.
  for (let wait = 0; wait < 40; wait += 3) {
    let lost = 0;
    const first = openFiles('taken', { lost: () => lost++ });
    const refused = first.then(
      () => 'nothing',
      (error: Error) => error.name,
    );
    for (let i = 0; i < wait; i++) await new Promise((done) => setImmediate(done));
    const next = await openFiles('taken');
    const told = await refused;
    // One that was open before is told so.
    assert.ok(told === 'Moved' || lost === 1, `${wait}: ${told}`);
    next.primitives.open('mine');
    next.release();
  }
});
