// Several tabs on one encrypted database: each has to have the key, and one may replace it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { findBrowser, missingBrowser } from '../../../scripts/lib/browser.mjs';
import { add, get, start, TABLE, WAYS } from './lib.mjs';

const skip = findBrowser('chromium') ? false : missingBrowser('chromium');

/** Opens the database with a key of 32 such bytes, or a passphrase; gives how it failed. */
const open = (page, name, options, secret) =>
  page.evaluate(
    async ([name, options, secret, TableName]) => {
      const { open } = await import('/dist/browser.js');
      globalThis.encryptionOf = async (secret) => {
        if (typeof secret !== 'number') return secret === undefined ? undefined : { passphrase: secret };
        const bytes = new Uint8Array(32).fill(secret);
        const key = await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
        return { key };
      };
      const tables = [
        {
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        },
      ];
      try {
        const encryption = await globalThis.encryptionOf(secret);
        globalThis.db = await open({ name, tables, ...options, encryption });
        globalThis.doc = globalThis.db.documentClient();
        return 'opened';
      } catch (error) {
        return `${error.name}: ${error.message}`;
      }
    },
    [name, options, secret, TABLE],
  );

const rekey = (page, secret) =>
  page.evaluate(async (secret) => {
    const encryption = await globalThis.encryptionOf(secret);
    return globalThis.db.rekey(encryption).then(
      () => 'done',
      ({ name }) => name,
    );
  }, secret);

describe('an encrypted database in several tabs', { skip }, () => {
  let site;
  before(async () => {
    site = await start();
  });
  after(async () => {
    await site.stop();
    assert.deepEqual(site.complaints, []);
  });

  for (const [way, options] of Object.entries(WAYS)) {
    test(way, async () => {
      const name = `encrypted ${way}`;
      const tabs = await Promise.all([0, 1, 2].map(() => site.tab()));
      const [first, second, third] = tabs;
      assert.equal(await open(first, name, options, 1), 'opened');
      assert.deepEqual(await add(first, 'a', 2), [1, 2]);

      // Who joins needs the key as well.
      assert.match(await open(second, name, options, undefined), /^EncryptionKeyError: .*pass its key/);
      assert.match(await open(second, name, options, 2), /^EncryptionKeyError: .*another key/);
      assert.match(await open(second, name, options, 'phrase'), /^EncryptionKeyError: .*with a key/);
      assert.equal(await open(second, name, options, 1), 'opened');
      assert.equal(await open(third, name, options, 1), 'opened');
      assert.deepEqual(await add(second, 'a', 2), [3, 4]);

      // One that joined replaces it; all go on.
      assert.equal(await rekey(second, 'next'), 'done');
      assert.deepEqual(await add(first, 'a'), [5]);
      assert.deepEqual(await add(third, 'a'), [6]);
      assert.equal(await rekey(third, 3), 'EncryptionKeyError');

      // The next owner opens the storage with the key of now, whoever of the tabs it is.
      await first.close();
      assert.deepEqual(await add(second, 'a'), [7]);
      const outcome = await add(third, 'a').catch(({ message }) => message);
      assert.match(String(outcome), /open the database again|encrypted with a passphrase/);
      assert.match(await open(third, name, options, 1), /^EncryptionKeyError/);
      assert.equal(await open(third, name, options, 'next'), 'opened');
      assert.equal(await get(third, 'a'), 7);
      await second.close();
      await third.close();
    });
  }
});
