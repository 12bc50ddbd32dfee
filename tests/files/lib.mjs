// What the tests of the files storage share: the built package, directories, children, seeds, and items that say
// which write they are of.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const DIST = path.join(ROOT, 'pkg/dist');
assert.ok(existsSync(path.join(DIST, 'node.js')), 'the package is not built: npm run build');

/** The package. */
export const dynatab = await import(pathToFileURL(path.join(DIST, 'node.js')).href);

export const TABLE = {
  TableName: 'load',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'N' }],
  BillingMode: 'PAY_PER_REQUEST',
};

export const KEYS = 40;
/** Writes under way at a time, each to keys of its own. */
export const LANES = 8;

/** A folder that goes when the test ends. */
export function directory(t) {
  const made = mkdtempSync(path.join(tmpdir(), 'dynatab-files-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return path.join(made, 'db');
}

/** Numbers below `end` from a seed (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return (end) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  };
}

/** The seed of a run: DYNATAB_SEED, or the clock. */
export function firstSeed() {
  return Number(process.env.DYNATAB_SEED ?? Date.now() % 1_000_000);
}

/** A text that is not compressed, and that its seed repeats. */
export function noise(seed, length) {
  const next = random(seed);
  let text = '';
  while (text.length < length) text += next(2 ** 30).toString(36);
  return text;
}

/** Write number `version` of a key: what it holds follows from both, so that a mixture shows. */
export function item(id, version) {
  const next = random(id * 7919 + version);
  const length = next(10) < 3 ? 300_000 : next(3000);
  return { id, version, text: `${id}.${version};${noise(version, length)}` };
}

/** Compares what is stored with the last acknowledged version of each key. */
export function compare(items, acknowledged, what) {
  const found = new Map(items.map((stored) => [stored.id, stored]));
  assert.equal(found.size, items.length, `${what}: a key comes twice`);
  for (const [id, version] of acknowledged) {
    const stored = found.get(id);
    assert.ok(stored, `${what}: key ${id} was acknowledged and is gone`);
    assert.ok(
      stored.version >= version,
      `${what}: version ${version} of key ${id} was acknowledged, ${stored.version} is stored`,
    );
  }
  for (const stored of items) {
    assert.ok(
      stored.text === item(stored.id, stored.version).text,
      `${what}: key ${stored.id} holds what nobody wrote`,
    );
    // The write under way may have arrived; the next write of a key builds on it.
    acknowledged.set(stored.id, stored.version);
  }
}

/** All items of the table. */
export async function scan(doc) {
  const items = [];
  let start;
  do {
    const page = await doc.scan({ TableName: TABLE.TableName, ExclusiveStartKey: start });
    items.push(...page.Items);
    start = page.LastEvaluatedKey;
  } while (start);
  return items;
}

/** Starts a program; `line` gets each line it prints, and `ended` settles with its exit code or signal. */
export function start(command, args, line, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    lines.forEach((one) => line(one));
  });
  return {
    child,
    ended: new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal))),
  };
}

/** Starts a server and waits for the address it prints. */
export async function startServer(command, args, options) {
  let resolve;
  const address = new Promise((found) => (resolve = found));
  const server = start(
    command,
    args,
    (line) => resolve(/^listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(line)?.[1]),
    { ...options },
  );
  const url = await Promise.race([
    address,
    server.ended.then((code) => assert.fail(`it ended with ${code}`)),
  ]);
  assert.ok(url, 'the first line is not the address');
  return { ...server, url };
}

/** Whether segments were closed in a directory: else the load was too small to show much. */
export function hasIndex(dir) {
  return readdirSync(dir).some((name) => /^index-[0-9a-f]{16}$/.test(name));
}
