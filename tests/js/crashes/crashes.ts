// The engine on the stores that are written in JavaScript, whose processes die at any of their calls: what was acknowledged is
// there afterwards, whole, indexed and sound. Every other seed's database is encrypted.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { opener } from '../../../pkg/src/client/open.js';
import type { Database } from '../../../pkg/src/client/database.js';
import { PLACES, type Place, type Process } from './places.js';
import { Random } from './random.js';
import { Script, TABLES, WORD } from './script.js';

const WANTED = Number(process.env.DYNATAB_STORE_CRASHES ?? 25);
const FIRST_SEED = Number(process.env.DYNATAB_SEED ?? 1);
/** Crashes of one database; there are two at least, of which one is encrypted. */
const CRASHES = Math.min(25, Math.ceil(WANTED / 2));

const compiled = async (name: string) =>
  WebAssembly.compile(await readFile(path.join(process.cwd(), 'pkg/dist', name)));
const [wasm, more] = await Promise.all(['engine.wasm', 'engine.more.wasm'].map(compiled));
const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);

/** Opens the database in a process; nothing when that dies meanwhile. */
function open({ runtime, options, died }: Process, encrypted: boolean): Promise<Database | void> {
  // Nothing of a process that died is to be met by the next one.
  const opens = opener({ wasm: () => wasm!, more: () => more!, owner: {}, ...runtime });
  const opening = opens({
    name: 'db',
    tables: TABLES,
    durability: 'strict',
    cacheBytes: 2 << 20,
    ...(encrypted ? { encryption: { key } } : {}),
    ...options,
  });
  opening.catch(() => undefined);
  return Promise.race([died, opening]);
}

/** A database that goes through crashes; the number of writes that were acknowledged. */
async function life(place: Place, seed: number, crashes: number): Promise<number> {
  const random = new Random(seed);
  const script = new Script(random);
  const encrypted = seed % 2 === 0;
  for (let crash = 0; crash < crashes; crash++) {
    // What the last one left, and more of it.
    let running = place.start();
    const db = await open(running, encrypted);
    assert.ok(db);
    await script.check(db);
    running.dieIn(random.below(400));
    await script.run(db, running.died);
    place.crash(random);
    // It may happen while a crash is recovered from.
    while (random.chance(30)) {
      running = place.start();
      running.dieIn(random.below(40));
      const opened = await open(running, encrypted);
      if (opened) await script.run(opened, running.died);
      place.crash(random);
    }
  }
  const db = await open(place.start(), encrypted);
  await script.check(db!);
  await db!.close();
  const isReadable = [...place.bytes()].some((bytes) => Buffer.from(bytes).includes(WORD));
  assert.equal(isReadable, !encrypted, 'what is encrypted cannot be read');
  return script.acknowledged;
}

for (const [name, make] of Object.entries(PLACES)) {
  test(`acknowledged writes survive a crash at any call of ${name}`, async (t) => {
    let acknowledged = 0;
    let seed = FIRST_SEED;
    for (let crashes = 0; crashes < WANTED; crashes += CRASHES, seed++) {
      acknowledged += await life(make(), seed, CRASHES).catch((error: Error) => {
        throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
      });
    }
    t.diagnostic(`seeds ${FIRST_SEED}..${seed}: ${acknowledged} writes acknowledged, 0 lost`);
  });
}
