// The examples, as a person runs them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ROOT } from '../../scripts/lib/run.mjs';
import { binary, workspace } from './lib.mjs';
import { OPEN, SECRETS, signed, unsigned } from './signed.mjs';

const space = workspace();
after(space.remove);

/** Starts an example of Deno's: where it listens, its process, what ends with its exit code, and what it said so far. */
async function started(file, args, env = {}) {
  copyFileSync(join(ROOT, 'examples/deno', file), join(space.folder, file));
  const { PATH, HOME } = process.env;
  const child = spawn(binary.deno(), [...args, file], {
    cwd: space.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, HOME, NO_COLOR: '1', ...env },
  });
  let text = '';
  const url = await new Promise((resolve, reject) => {
    const read = (data) => {
      text += data;
      const found = /Listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(text)?.[1];
      if (found) resolve(found);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('close', () => reject(new Error(text)));
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return { url, child, ended, said: () => text };
}

test("Deno's service", async () => {
  const args = ['run', '--no-prompt', '--allow-net=127.0.0.1'];
  const { url, child, ended, said } = await started('service.ts', args);
  try {
    const song = { title: 'Sinnerman', seconds: 622 };
    const put = await fetch(`${url}/Nina%20Simone`, { method: 'PUT', body: JSON.stringify(song) });
    assert.equal(put.status, 204);
    const found = await (await fetch(`${url}/Nina%20Simone`)).json();
    assert.deepEqual(found, [{ artist: 'Nina Simone', ...song }]);
  } finally {
    child.kill('SIGINT');
  }
  assert.equal(await ended, 0, said());
});

test("Deno's endpoint answers only what is signed, and without a key does not start", async () => {
  const names = [...Object.keys(SECRETS), ...Object.keys(OPEN)].join();
  const args = ['serve', '--no-prompt', `--allow-env=${names}`, '--host', '127.0.0.1', '--port', '0'];
  const asked = async (env) => {
    const { url, child, ended } = await started('endpoint.ts', args, env);
    try {
      return [await signed(url), await unsigned(url)];
    } finally {
      child.kill();
      await ended;
    }
  };
  const [tables, refused] = await asked(SECRETS);
  assert.deepEqual(tables, []);
  assert.match(refused, /^400 .*MissingAuthenticationTokenException/);
  assert.deepEqual(await asked(OPEN), [[], '200 {"TableNames":[]}']);
  assert.match((await asked({ ...SECRETS, ...OPEN }))[1], /^400 /);

  const text = /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.* DYNATAB_OPEN_TO_THE_WORLD to true/;
  const empty = { ...SECRETS, AWS_SECRET_ACCESS_KEY: '' };
  for (const env of [{}, empty, { DYNATAB_OPEN_TO_THE_WORLD: '1' }]) await assert.rejects(asked(env), text);
});
