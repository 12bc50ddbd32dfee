// The page of the tests that let the storage run full: each of its functions is a step of theirs.

import { StorageFullException } from '/dist/browser.js';
import { openPatiently } from './patience.js';
import { INDEX, make, SCHEMAS, TABLES } from './plan.js';

const NAME = 'full';
const TableName = TABLES.things;
/** Writes that are under way together. */
const TOGETHER = 16;

let db;
let documents;
/** What must be there: versions by key. */
const acknowledged = new Map();
let number = 0;

/** Writing transactions that were begun. */
let begun = 0;
const { transaction } = IDBDatabase.prototype;
IDBDatabase.prototype.transaction = function (stores, mode, ...more) {
  if (mode === 'readwrite') begun++;
  return transaction.call(this, stores, mode, ...more);
};

/** What a test is told of a call: `ok`, or the error as its caller sees it. */
const told = (call) =>
  call.then(
    () => 'ok',
    (error) => ({
      name: error.name,
      message: error.message,
      typed: error instanceof StorageFullException,
      status: error.$metadata?.httpStatusCode,
      usage: error.usage,
      quota: error.quota,
    }),
  );

globalThis.begin = async (durability) => {
  ({ db } = await openPatiently({ name: NAME, durability, tables: SCHEMAS }));
  documents = db.documentClient();
};

globalThis.end = () => db.close();

/** A new item, or the next version of one that is there. */
async function put() {
  const version = ++number;
  const id = `item-${version % 7 ? version : version - 20}`;
  if (version % 7 === 0 && !acknowledged.has(id)) return;
  await documents.put({ TableName, Item: make(id, version) });
  acknowledged.set(id, version);
}

globalThis.put = () => told(put());

globalThis.remove = async () => {
  const [id] = acknowledged.keys();
  const answer = await told(documents.delete({ TableName, Key: { id } }));
  if (answer === 'ok') acknowledged.delete(id);
  return answer;
};

/** Writes until one is refused, or so many; gives how many were acknowledged and the first refusals. */
globalThis.fill = async (most = Infinity) => {
  const before = number;
  const refusals = [];
  let count = 0;
  while (refusals.length === 0 && number - before < most) {
    const answers = await Promise.all(Array.from({ length: TOGETHER }, () => told(put())));
    refusals.push(...answers.filter((answer) => answer !== 'ok'));
    count += answers.length - refusals.length;
  }
  return { count, refusals };
};

/** How many writing transactions begin by themselves. */
globalThis.restless = async (milliseconds) => {
  const before = begun;
  await new Promise((done) => setTimeout(done, milliseconds));
  return begun - before;
};

/** Reads everything: what was acknowledged and is not there, what was refused and is, and what `verify` finds. */
globalThis.check = async () => {
  const found = new Map();
  for (let ExclusiveStartKey; ;) {
    const page = await documents.scan({ TableName, ConsistentRead: true, ExclusiveStartKey });
    for (const { id, version } of page.Items) found.set(id, version);
    ExclusiveStartKey = page.LastEvaluatedKey;
    if (!ExclusiveStartKey) break;
  }
  const wrong = [];
  for (const id of new Set([...found.keys(), ...acknowledged.keys()])) {
    const [is, shall] = [found.get(id), acknowledged.get(id)];
    if (is !== shall) wrong.push(`${id} has version ${is}, acknowledged is ${shall}`);
  }
  const [[id, version]] = acknowledged;
  const { Item } = await documents.get({ TableName, Key: { id } });
  const { group } = make(id, version);
  const entries = await documents.query({
    TableName,
    IndexName: INDEX,
    KeyConditionExpression: '#group = :group AND version = :version',
    ExpressionAttributeNames: { '#group': 'group' },
    ExpressionAttributeValues: { ':group': group, ':version': version },
  });
  if (Item?.version !== version || entries.Items[0]?.id !== id) wrong.push(`${id} is not found by its keys`);
  const { problems } = await db.verify();
  wrong.push(...problems.map((problem) => JSON.stringify(problem)));
  return { wrong: wrong.slice(0, 8), items: found.size };
};

/** Another database of the origin that takes space, and what takes it away. */
globalThis.ballast = (bytes) =>
  new Promise((done, failed) => {
    const request = indexedDB.open('ballast');
    request.onerror = () => failed(request.error);
    request.onupgradeneeded = () => {
      const store = request.result.createObjectStore('ballast');
      for (let at = 0; at < bytes; at += 50_000) {
        const noise = crypto.getRandomValues(new Uint8Array(50_000));
        store.put(noise, at);
      }
    };
    request.onsuccess = () => done(request.result.close());
  });
globalThis.unload = () =>
  new Promise((done, failed) => {
    const request = indexedDB.deleteDatabase('ballast');
    request.onsuccess = () => done();
    request.onerror = () => failed(request.error);
  });
