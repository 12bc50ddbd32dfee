// The examples, as a person runs them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ROOT } from '../../scripts/lib/run.mjs';
import { binary, workspace } from './lib.mjs';

const space = workspace();
after(space.remove);

test("Deno's service", async () => {
  copyFileSync(join(ROOT, 'examples/deno/service.ts'), join(space.folder, 'service.ts'));
  const child = spawn(binary.deno(), ['run', '--no-prompt', '--allow-net=127.0.0.1', 'service.ts'], {
    cwd: space.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const url = await new Promise((resolve, reject) => {
    const read = (data) => {
      said += data;
      const found = /Listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1];
      if (found) resolve(found);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', () => reject(new Error(said)));
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    const song = { title: 'Sinnerman', seconds: 622 };
    const put = await fetch(`${url}/Nina%20Simone`, { method: 'PUT', body: JSON.stringify(song) });
    assert.equal(put.status, 204);
    const found = await (await fetch(`${url}/Nina%20Simone`)).json();
    assert.deepEqual(found, [{ artist: 'Nina Simone', ...song }]);
  } finally {
    child.kill('SIGINT');
  }
  assert.equal(await ended, 0, said);
});
