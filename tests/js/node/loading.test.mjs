// The engine's files over a network that fails: a fetch that is cut off is tried again.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const dist = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../pkg/dist');

/** How the next requests are answered: `cut` before there is an answer, `broken` in the midst of it, `missing`; then whole. */
let fate = [];
let requests = 0;
const server = createServer((request, response) => {
  requests++;
  const next = fate.shift();
  if (next === 'cut') return void request.socket.destroy();
  if (next === 'missing') return void response.writeHead(404).end();
  const file = readFileSync(path.join(dist, request.url));
  response.writeHead(200, { 'content-type': 'application/wasm', 'content-length': file.length });
  if (next === 'broken') return void response.write(file.subarray(0, 10_000), () => request.socket.destroy());
  response.end(file);
});

let at;
let open;
before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  at = (file) => new URL(`http://127.0.0.1:${server.address().port}/${file}`);
  const slim = await import(pathToFileURL(path.join(dist, 'slim.js')).href);
  open = (name) =>
    slim.open({ name, storage: 'memory', wasm: at('engine.wasm'), more: at('engine.more.wasm') });
});
after(() => new Promise((resolve) => server.close(resolve)));

/** What is counted is what was asked while `work` ran, whose answers are as `answers` says. */
async function asked(answers, work) {
  fate = [...answers];
  requests = 0;
  try {
    await work();
    assert.deepEqual(fate, []);
    return requests;
  } finally {
    fate = [];
  }
}

test('a network that stays away is told after three tries, and the next call asks again', async () => {
  const never = { name: 'EngineLoadError', message: /could not be loaded.*open\(\{ wasm: url \}\)/ };
  assert.equal(await asked(['cut', 'cut', 'cut'], () => assert.rejects(open('never'), never)), 3);
  const work = async () => (await open('then')).close();
  assert.equal(await asked(['cut', 'broken'], work), 3);
});

test('the second file is asked for again too, and once for all', async () => {
  const db = await open('second');
  const never = { name: 'EngineLoadError', message: /could not be loaded.*open\(\{ more: url \}\)/ };
  assert.equal(await asked(['broken', 'cut', 'cut'], () => assert.rejects(db.verify(), never)), 3);
  assert.equal(await asked(['broken'], () => Promise.all([db.verify(), db.verify()])), 2);
  await db.close();
});

test('what the server refuses is not asked for again', async () => {
  // Another copy of the package, which has loaded nothing yet.
  const slim = await import(`${pathToFileURL(path.join(dist, 'slim.js')).href}?another`);
  const refused = { name: 'EngineLoadError', message: /answered 404/ };
  const options = { name: 'refused', storage: 'memory', wasm: at('engine.wasm') };
  assert.equal(await asked(['missing'], () => assert.rejects(slim.open(options), refused)), 1);
});
