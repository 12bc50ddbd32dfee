/** The databases that are compared, each opened under a name of its own and removed afterwards. */

import { Dexie, type Table } from 'dexie';
import { open, type Database, type DocumentClient, type OpenOptions } from 'dynatab';
import { keyOf, type Item } from './items.js';

let names = 0;

/** A name that no other run of this page uses. */
export function freshName(): string {
  return `bench-${Date.now().toString(36)}-${names++}`;
}

export const TABLE = 'orders';

export interface Dynatab {
  db: Database;
  doc: DocumentClient;
}

/** The table of partition and sort key that holds the items. */
export const SCHEMA = {
  TableName: TABLE,
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
} satisfies NonNullable<OpenOptions['tables']>[number];

/** A database with that table, unless `options` say another. */
export async function openDynatab(options: Partial<OpenOptions> & { name: string }): Promise<Dynatab> {
  const db = await open({ tables: [SCHEMA], ...options });
  return { db, doc: db.documentClient() };
}

const BATCH = 25;

/** Writes `items` with BatchWriteItem, up to `inFlight` requests at a time; what comes back unprocessed goes again. */
export async function load(doc: DocumentClient, items: readonly Item[], inFlight = Infinity): Promise<void> {
  const write = async (from: number) => {
    let request = items.slice(from, from + BATCH).map((item) => ({ PutRequest: { Item: item } }));
    while (request.length > 0) {
      const { UnprocessedItems } = await doc.batchWrite({ RequestItems: { [TABLE]: request } });
      request = (UnprocessedItems?.[TABLE] ?? []) as typeof request;
    }
  };
  if (inFlight === Infinity) {
    const all: Promise<void>[] = [];
    for (let from = 0; from < items.length; from += BATCH) all.push(write(from));
    await Promise.all(all);
    return;
  }
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const from = next;
      next += BATCH;
      await write(from);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

export interface DexieRows {
  db: Dexie;
  rows: Table<object, string>;
}

/** Dexie with one table of native objects under keys of 32 characters that are not part of them. */
export async function openDexie(name: string): Promise<DexieRows> {
  const db = new Dexie(name);
  db.version(1).stores({ rows: '' });
  await db.open();
  return { db, rows: db.table('rows') };
}

export const dexieKeys = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => keyOf(from + i));
