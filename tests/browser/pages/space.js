// The page of the tests of space: it writes until nothing fits, and keeps what it heard in the order it heard it.

import { open } from '/dist/browser.js';

// Half a minute goes by in a tenth of a second: what rests between two looks need not be waited for.
const { setTimeout: wait } = globalThis;
globalThis.setTimeout = (run, milliseconds, ...given) =>
  wait(run, milliseconds > 10_000 ? milliseconds / 300 : milliseconds, ...given);

const TableName = 'things';
let db;

globalThis.begin = async () => {
  const KeySchema = [{ AttributeName: 'id', KeyType: 'HASH' }];
  const AttributeDefinitions = [{ AttributeName: 'id', AttributeType: 'N' }];
  const tables = [{ TableName, KeySchema, AttributeDefinitions, BillingMode: 'PAY_PER_REQUEST' }];
  db = await open({ name: 'space', storage: 'indexeddb', tables });
  return db.persistence;
};
globalThis.storage = () => db.storage();
globalThis.ask = async () => ({ answer: await db.requestPersistence(), ...db.persistence });
globalThis.end = () => db.destroy();

/** Writes what cannot be packed until it is refused: what was heard, and at last the refusal, with bytes written before. */
globalThis.fill = async (step, pause) => {
  const heard = [];
  let written = 0;
  db.on('space', (space) => heard.push({ ...space, written }));
  for (let id = 0; ; id++) {
    const bytes = new Uint8Array(step);
    for (let at = 0; at < step; at += 65_536)
      crypto.getRandomValues(bytes.subarray(at, Math.min(at + 65_536, step)));
    try {
      await db.documentClient().put({ TableName, Item: { id, bytes } });
    } catch ({ name, usage, quota }) {
      return [...heard, { refused: name, usage, quota, written }];
    }
    written += step;
    await new Promise((done) => wait(done, pause));
  }
};
