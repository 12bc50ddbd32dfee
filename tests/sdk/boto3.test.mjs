// Python's boto3, unmodified, against `serve`.
import { spawn, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { dynatab } from './lib.mjs';

const script = fileURLToPath(new URL('./boto3_test.py', import.meta.url));
const found = spawnSync('python3', ['-c', 'import boto3']);
const skip = found.error
  ? 'python3 is not found'
  : found.status !== 0
    ? 'Python has no boto3: pip install boto3'
    : false;

test('boto3 over serve', { skip }, async () => {
  const db = await dynatab.open({ name: 'boto3', storage: 'memory' });
  const served = await dynatab.serve({ db, port: 0 });
  try {
    const child = spawn('python3', [script, served.url], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.equal(code, 0, said);
    assert.match(said, /^ok \d+ checks$/m);
  } finally {
    await served.close();
    await db.close();
  }
});
