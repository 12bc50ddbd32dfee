/**
 * What holds for every store that JavaScript brings: the cases of `tests/contract/suite.rs`, for any runtime. Each case
 * begins with an empty store.
 */

import type { ExternalStore, StoreSpace, StoreWrite } from '../../../pkg/src/storage/external.js';

const [LOG, BLOCK, META] = [0, 1, 2] as const;
/** Largest value a store must take, in bytes. */
const MOST = 64_064;
/** The largest id. */
const LAST = 2 ** 53 - 1;

const bytes = (...values: number[]) => Uint8Array.from(values);
const text = (value: string) => new TextEncoder().encode(value);
const put = (space: StoreSpace, id: number, value: Uint8Array): StoreWrite => ['put', space, id, value];
const add = (space: StoreSpace, id: number, value: Uint8Array): StoreWrite => ['add', space, id, value];

function same(found: unknown, expected: unknown, what = 'value'): void {
  const show = (value: unknown): string =>
    JSON.stringify(value, (_, inner: unknown) =>
      inner instanceof Uint8Array ? `bytes ${inner.length} ${inner.subarray(0, 40).join()}` : (inner ?? null),
    );
  if (show(found) !== show(expected)) throw new Error(`${what}: ${show(found)}, not ${show(expected)}`);
}

async function fails(kind: string, call: Promise<unknown>): Promise<void> {
  const outcome = await call.then(
    () => 'nothing failed',
    (error: unknown) => (error as { kind?: string }).kind ?? String(error),
  );
  same(outcome, kind, 'failure');
}

const read = (store: ExternalStore, space: StoreSpace, ...ids: number[]) =>
  store.read(space, Float64Array.from(ids));

const one = async (store: ExternalStore, space: StoreSpace, id: number) => (await read(store, space, id))[0];

async function ids(store: ExternalStore, space: StoreSpace): Promise<number[]> {
  return (await store.list(space, 0, 2 ** 64, 1000)).map(([id]) => id);
}

/** The cases by name. */
export const CONTRACT: Record<string, (store: ExternalStore) => Promise<void>> = {
  async 'an empty store has nothing'(store) {
    for (const space of [LOG, BLOCK, META]) {
      same(await read(store, space, 0, 7), [undefined, undefined]);
      same(await ids(store, space), []);
    }
    await store.commit([], true);
  },

  async 'values read back in the order asked for'(store) {
    const writes = [put(BLOCK, 1, text('one')), put(BLOCK, 2, text('')), put(BLOCK, 3, text('three'))];
    await store.commit(writes, true);
    const three = text('three');
    same(await read(store, BLOCK, 3, 9, 1, 2, 3), [three, undefined, text('one'), text(''), three]);
  },

  async 'many values are read at once'(store) {
    const count = 700;
    await store.commit(
      Array.from({ length: count }, (_, id) => put(BLOCK, id, bytes(id % 256, id >> 8))),
      false,
    );
    const found = await store.read(
      BLOCK,
      Float64Array.from({ length: count }, (_, at) => count - 1 - at),
    );
    found.forEach((value, at) => {
      const id = count - 1 - at;
      same(value, bytes(id % 256, id >> 8), `value ${id}`);
    });
    same((await store.list(BLOCK, 0, 2 ** 64, 10_000)).length, count);
  },

  async 'spaces are apart'(store) {
    await store.commit(
      [add(LOG, 5, text('log')), add(BLOCK, 5, text('block')), add(META, 5, text('meta'))],
      false,
    );
    await store.commit([['deleteRange', BLOCK, 0, 100]], false);
    same(await one(store, LOG, 5), text('log'));
    same(await one(store, BLOCK, 5), undefined);
    same(await one(store, META, 5), text('meta'));
  },

  async 'lists are ascending and bounded'(store) {
    const some = [9, 2, 300, 255, 256, 1, 70_000];
    await store.commit(
      some.map((id) => put(LOG, id, bytes(id & 255))),
      false,
    );
    same(await ids(store, LOG), [1, 2, 9, 255, 256, 300, 70_000]);
    const listed = await store.list(LOG, 2, 300, 100);
    same(
      listed.map(([id, value]) => [id, value[0]]),
      [2, 9, 255, 256].map((id) => [id, id & 255]),
    );
    same(
      (await store.list(LOG, 2, 2 ** 64, 2)).map(([id]) => id),
      [2, 9],
    );
  },

  async 'ids up to the largest exact integer work'(store) {
    await store.commit([add(BLOCK, LAST, text('far')), add(BLOCK, LAST - 1, text('near'))], true);
    same(await ids(store, BLOCK), [LAST - 1, LAST]);
    same(await one(store, BLOCK, LAST), text('far'));
    await store.commit([['deleteRange', BLOCK, LAST, 2 ** 64]], true);
    same(await ids(store, BLOCK), [LAST - 1]);
  },

  async 'an added value must not exist'(store) {
    await store.commit([add(LOG, 1, text('mine'))], true);
    await fails('conflict', store.commit([add(LOG, 1, text('theirs'))], true));
    same(await one(store, LOG, 1), text('mine'));
    await store.commit([put(LOG, 1, text('put'))], true);
    same(await one(store, LOG, 1), text('put'));
  },

  async 'a failed commit leaves nothing'(store) {
    await store.commit(
      [put(BLOCK, 1, text('old')), put(BLOCK, 2, text('stays')), add(LOG, 1, text('1'))],
      true,
    );
    const writes: StoreWrite[] = [
      put(BLOCK, 1, text('new')),
      put(BLOCK, 3, text('new')),
      ['delete', BLOCK, 2],
      ['deleteRange', META, 0, 10],
      add(LOG, 1, text('2')),
      put(BLOCK, 4, text('new')),
    ];
    await fails('conflict', store.commit(writes, false));
    same(await ids(store, BLOCK), [1, 2]);
    same(await one(store, BLOCK, 1), text('old'));
    same(await one(store, LOG, 1), text('1'));
    await store.commit([add(LOG, 2, text('goes on'))], true);
  },

  async 'later writes of a commit win'(store) {
    await store.commit([put(LOG, 1, text('old'))], true);
    const writes: StoreWrite[] = [
      ['deleteRange', LOG, 0, 10],
      add(LOG, 1, text('new')),
      put(META, 1, text('a')),
      put(META, 1, text('b')),
      put(META, 2, text('gone')),
      ['delete', META, 2],
      ['delete', META, 77],
    ];
    await store.commit(writes, true);
    same(await one(store, LOG, 1), text('new'));
    same(await one(store, META, 1), text('b'));
    same(await ids(store, META), [1]);
  },

  async 'a value added in a commit exists for the rest of it'(store) {
    await fails('conflict', store.commit([put(LOG, 1, text('a')), add(LOG, 1, text('b'))], true));
    same(await ids(store, LOG), []);
  },

  async 'ranges are deleted up to their end'(store) {
    await store.commit(
      Array.from({ length: 10 }, (_, id) => put(LOG, id, text('x'))),
      true,
    );
    const range = (from: number, end: number): StoreWrite => ['deleteRange', LOG, from, end];
    await store.commit([range(2, 5), range(7, 7), range(9, 3), range(8, 2 ** 64)], true);
    same(await ids(store, LOG), [0, 1, 5, 6, 7]);
  },

  async 'a range of thousands of values is deleted at once'(store) {
    for (let from = 0; from < 5000; from += 500) {
      const writes = Array.from({ length: 500 }, (_, at) => put(LOG, from + at, bytes(1)));
      await store.commit(writes, false);
    }
    await store.commit([['deleteRange', LOG, 10, 4990], put(META, 1, text('x'))], true);
    same((await ids(store, LOG)).length, 20);
    same(await read(store, LOG, 9, 10, 4989, 4990), [bytes(1), undefined, undefined, bytes(1)]);
    await store.commit([add(LOG, 10, bytes(2))], true);
    same(await one(store, LOG, 10), bytes(2));
  },

  async 'the largest value is kept whole'(store) {
    const value = Uint8Array.from({ length: MOST }, (_, at) => at * 7 + Math.floor(at / 256));
    await store.commit(
      [0, 1, 2, 3, 4].map((id) => put(BLOCK, id, value)),
      true,
    );
    for (const found of await read(store, BLOCK, 0, 1, 2, 3, 4)) {
      if (!found?.every((byte, at) => byte === value[at])) throw new Error('a value was changed');
    }
  },

  async 'a commit of megabytes is one'(store) {
    const value = (id: number) => new Uint8Array(MOST).fill(id);
    const writes = Array.from({ length: 100 }, (_, id) => put(BLOCK, id, value(id)));
    await store.commit([add(LOG, 7, text('7'))], true);
    await fails('conflict', store.commit([...writes, add(LOG, 7, text('again'))], true));
    same(await ids(store, BLOCK), []);
    await store.commit([...writes, add(LOG, 8, text('8'))], true);
    same((await ids(store, BLOCK)).length, 100);
    same((await one(store, BLOCK, 99))?.[MOST - 1], 99);
    await store.commit([put(BLOCK, 99, bytes(1)), ['deleteRange', BLOCK, 0, 50]], true);
    same(await one(store, BLOCK, 99), bytes(1));
    same((await ids(store, BLOCK)).length, 50);
  },

  async 'commits take effect in the order they were made'(store) {
    const commits = [];
    for (let at = 0; at < 20; at++) {
      commits.push(store.commit([put(META, 1, bytes(at)), add(LOG, at, bytes(at))], at % 3 === 0));
    }
    const reading = read(store, META, 1);
    const conflict = fails('conflict', store.commit([add(LOG, 19, text('again'))], false));
    same(await reading, [bytes(19)]);
    await conflict;
    await Promise.all(commits);
    same(await one(store, META, 1), bytes(19));
    same(
      await ids(store, LOG),
      Array.from({ length: 20 }, (_, at) => at),
    );
  },

  async 'what was given is not looked at again'(store) {
    const value = bytes(1, 2, 3);
    const commit = store.commit([put(META, 1, value)], true);
    await commit;
    value.fill(9);
    const found = await one(store, META, 1);
    same(found, bytes(1, 2, 3));
    found?.fill(9);
    same(await one(store, META, 1), bytes(1, 2, 3));
  },

  async 'usage follows the values'(store) {
    const before = (await store.usage()).usage;
    await store.commit([put(BLOCK, 1, new Uint8Array(50_000).fill(1))], true);
    await store.commit(
      [put(BLOCK, 1, new Uint8Array(40_000).fill(2)), put(BLOCK, 2, new Uint8Array(30_000))],
      true,
    );
    const { usage, quota } = await store.usage();
    if (usage < before + 70_000) throw new Error(`${usage} bytes after 70,000 more than ${before}`);
    if (quota !== undefined && quota < usage) throw new Error(`${usage} of ${quota} bytes`);
  },

  async 'a closed store refuses'(store) {
    await store.commit([put(META, 1, text('x'))], false);
    await store.close();
    await fails('closed', read(store, META, 1));
    await fails('closed', store.list(META, 0, 9, 9));
    await fails('closed', store.commit([put(META, 1, text('y'))], true));
    await fails('closed', store.usage());
    await store.close();
  },
};
