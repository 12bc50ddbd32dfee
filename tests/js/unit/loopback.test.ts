// Which addresses only this machine reaches.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback } from '../../../pkg/src/cli/loopback.js';

test('loopback is what only this machine reaches; what is not known to be is not', () => {
  for (const host of ['127.0.0.1', '127.8.9.10', '::1', 'localhost', 'LocalHost'])
    assert.ok(isLoopback(host), host);
  for (const host of [
    '',
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '::2',
    '::ffff:10.0.0.1',
    '127.0.0.1.example',
    '127.0.0.999',
    '127.1',
    'localhost.example',
    'my-localhost',
    '128.0.0.1',
    '1127.0.0.1',
  ])
    assert.ok(!isLoopback(host), host);
});
