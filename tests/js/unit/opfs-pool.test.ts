// The pool of files in the origin private file system, over a directory that crashes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseDamagedError } from '../../../pkg/src/errors/index.js';
import type { FilePrimitives } from '../../../pkg/src/storage/node-fs.js';
import { DATA, decodeHeader, encodeHeader, SLOT } from '../../../pkg/src/storage/opfs/header.js';
import { Pool } from '../../../pkg/src/storage/opfs/pool.js';
import { FakeDirectory, LUCKS } from '../stores/fake-opfs.js';

const bytes = (text: string) => new TextEncoder().encode(text);

/** Writes a file from its start, and has it on the disk. */
async function write(f: FilePrimitives, path: string, text: string): Promise<void> {
  const handle = f.open(path);
  f.writeAt(handle, 0, bytes(text));
  await f.sync(handle);
}

/** All files and what is in them. */
function state(f: FilePrimitives): Record<string, string> {
  const read = (path: string) => {
    const handle = f.open(path);
    return new TextDecoder().decode(f.readAt(handle, 0, f.size(handle)));
  };
  return Object.fromEntries(f.list('').map((path) => [path, read(path)]));
}

/** What a store does over time, in steps that each create, rename or remove, or only write. */
const STEPS: ((f: FilePrimitives) => void | Promise<void>)[] = [
  (f) => void f.open('segment-0'),
  (f) => write(f, 'segment-0', 'first segment'),
  (f) => void f.open('index-new'),
  (f) => write(f, 'index-new', 'first index'),
  (f) => f.rename('index-new', 'index-1'),
  (f) => void f.open('index-new'),
  (f) => write(f, 'index-new', 'second index'),
  // Over a file that exists.
  (f) => f.rename('index-new', 'index-1'),
  (f) => f.remove('segment-0'),
  // What was freed is used again, for other contents.
  ...['a', 'b', 'c', 'd', 'e'].flatMap((name) => [
    (f: FilePrimitives) => void f.open(name),
    (f: FilePrimitives) => write(f, name, `contents of ${name}`),
  ]),
  (f) => f.rename('a', 'b'),
  (f) => f.remove('c'),
  (f) => f.remove('index-1'),
];

test('files are written, read, cut, renamed and removed, and are there again', async () => {
  const directory = new FakeDirectory();
  const pool = await Pool.open(directory);
  const f = pool.primitives;
  const handle = f.open('runs/a');
  assert.equal(f.append(handle, new Uint8Array([1, 2, 3])), 0);
  assert.equal(f.append(handle, new Uint8Array([4])), 3);
  f.writeAt(handle, 1, new Uint8Array([9]));
  await f.sync(handle);
  assert.deepEqual([...f.readAt(handle, 0, 10)], [1, 9, 3, 4]);
  assert.deepEqual([...f.readAt(handle, 4, 5)], []);
  f.truncate(handle, 2);
  assert.equal(f.size(handle), 2);
  f.rename('runs/a', 'runs/b');
  assert.deepEqual([f.list('runs'), f.list(''), f.list('nowhere')], [['b'], ['runs'], []]);
  assert.ok(f.exists('runs/b') && !f.exists('runs/a'));
  f.open('other');
  f.remove('absent');
  await assert.rejects(Pool.open(directory), { name: 'NoModificationAllowedError' });
  pool.release();
  assert.throws(() => f.open('x'), /closed/);
  const again = (await Pool.open(directory)).primitives;
  assert.deepEqual(again.list(''), ['other', 'runs']);
  assert.deepEqual([...again.readAt(again.open('runs/b'), 0, 9)], [1, 9]);
  again.remove('runs');
  assert.deepEqual(again.list(''), ['other']);
});

test('a pool that opens with all the files it needs makes more of them later', async () => {
  const directory = new FakeDirectory();
  (await Pool.open(directory)).release();
  const { primitives: f } = await Pool.open(directory);
  for (let n = 0; n < 20; n++) await f.sync(f.open(`file ${n}`));
  assert.equal(f.list('').length, 20);
});

test('a crash at any write leaves what was or what is to be, never neither', async () => {
  let crashes = 0;
  const { primitives: whole } = await Pool.open(new FakeDirectory());
  const states: Record<string, string>[] = [{}];
  for (const step of STEPS) {
    await step(whole);
    states.push(state(whole));
  }
  for (const luck of LUCKS) {
    for (let at = 0, ended = false; !ended; at++) {
      const directory = new FakeDirectory();
      const { primitives: f } = await Pool.open(directory);
      directory.calls = 0;
      directory.crashAt = at;
      let done = 0;
      try {
        for (const step of STEPS) {
          await step(f);
          done++;
        }
        ended = true;
      } catch (error) {
        assert.match(String(error), /crash/);
        crashes++;
      }
      directory.crash(luck);
      const found = state((await Pool.open(directory)).primitives);
      const [before = {}, after = before] = states.slice(done);
      // Where nothing is created, renamed or removed, a write may be half there.
      const isWrite = done < STEPS.length && Object.keys(before).join() === Object.keys(after).join();
      const what = `${luck}, call ${at}: ${JSON.stringify({ found, before, after })}`;
      if (isWrite) assert.deepEqual(Object.keys(found), Object.keys(after), what);
      else assert.ok([before, after].map((one) => JSON.stringify(one)).includes(JSON.stringify(found)), what);
    }
  }
  assert.ok(crashes > 5 * STEPS.length, `${crashes}`);
});

test('a slot is one only as it was written', () => {
  const header = { generation: 2 ** 40 + 7, path: 'ségment' };
  const slot = encodeHeader(header);
  assert.equal(slot.length, SLOT);
  assert.deepEqual(decodeHeader(slot), header);
  for (let bit = 0; bit < (18 + 8) * 8; bit++) {
    const other = slot.slice();
    other[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(decodeHeader(other), undefined, `bit ${bit}`);
  }
  assert.equal(decodeHeader(slot.subarray(0, 100)), undefined);
  assert.equal(decodeHeader(new Uint8Array(SLOT)), undefined);
  assert.throws(() => encodeHeader({ generation: 1, path: 'x'.repeat(SLOT) }), /too long/);
});

test('a file with contents whose header cannot be read is not taken for a free one', async () => {
  for (const slots of [[0, 1], [1]]) {
    const directory = new FakeDirectory();
    const pool = await Pool.open(directory);
    await write(pool.primitives, 'segment-0', 'precious');
    pool.release();
    for (const slot of slots) directory.files.get('0')!.bytes[slot * SLOT + 9]! ^= 1;
    await assert.rejects(Pool.open(directory), DatabaseDamagedError);
    assert.equal(directory.files.get('0')!.bytes.length, DATA + 8);
    const salvaged = await Pool.open(directory, true);
    assert.deepEqual(state(salvaged.primitives), {});
    assert.deepEqual(salvaged.discard(), ['the header of file 0 cannot be read']);
    salvaged.release();
    assert.deepEqual(state((await Pool.open(directory)).primitives), {});
  }
});

test('no space is told with the bytes of the origin, and what there was stays', async () => {
  const directory = new FakeDirectory();
  directory.quota = 6 * DATA + 9;
  const { primitives: f } = await Pool.open(directory);
  await write(f, 'a', 'kept');
  const full = { code: 'ENOSPC', message: /no space; \d+ of 49161 bytes are used/ };
  assert.throws(() => f.writeAt(f.open('a'), 4, new Uint8Array(5 * DATA)), full);
  for (let i = 0; i < 4; i++) await write(f, `b${i}`, 'x');
  // There is no room for spare files.
  assert.throws(() => {
    for (let i = 0; i < 9; i++) f.open(`c${i}`);
  }, full);
  f.remove('b0');
  f.open('after');
  const { a, b1, after } = state(f);
  assert.deepEqual({ a, b1, after }, { a: 'kept', b1: 'x', after: '' });
});

test('whoever creates file after file and syncs finds one ready each time', async () => {
  const { primitives: f } = await Pool.open(new FakeDirectory());
  for (let i = 0; i < 50; i++) {
    for (let more = 0; more < 3; more++) f.open(`${i} ${more}`);
    await f.sync(f.open(`${i} 0`));
  }
  assert.equal(f.list('').length, 150);
});
