// Reads a database back: versions and counts by table and key, and whatever is wrong with it by itself.

import { openPatiently } from './patience.js';
import { GROUPS, INDEX, make, TABLES } from './plan.js';

/** Text that is equal for equal items, whatever order their attributes come in. */
const canonical = (value) =>
  JSON.stringify(value, (_, one) =>
    one && typeof one === 'object' && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort())
      : one,
  );

async function everything(read, input) {
  const items = [];
  for (let from; ;) {
    const output = await read({ ...input, ExclusiveStartKey: from });
    items.push(...output.Items);
    from = output.LastEvaluatedKey;
    if (!from) return items;
  }
}

/** Compares the index with its table. */
async function inspectIndex(documents, table, problems) {
  let indexed = 0;
  for (let group = 0; group < GROUPS; group++) {
    const entries = await everything((input) => documents.query(input), {
      TableName: TABLES.things,
      IndexName: INDEX,
      KeyConditionExpression: '#group = :group',
      ExpressionAttributeNames: { '#group': 'group' },
      ExpressionAttributeValues: { ':group': `g${group}` },
    });
    indexed += entries.length;
    for (const [at, entry] of entries.entries()) {
      if (at && entry.version < entries[at - 1].version)
        problems.push(`${entry.id} is out of order in its index`);
      if (table.get(entry.id) !== canonical(entry))
        problems.push(`${entry.id} version ${entry.version} in the index is not what the table has`);
    }
  }
  if (indexed !== table.size) problems.push(`the table has ${table.size} items, its index ${indexed}`);
}

/** `tell` is told how far it has come, and each time that the database was found locked. */
export async function inspect({ name, waits }, tell, heard) {
  const told = new Promise((go) => (heard.go = go));
  const start = performance.now();
  const { db, locked } = await openPatiently({ name }, () => tell('locked'));
  tell('opened');
  const opened = performance.now() - start;
  if (waits) await told;
  const problems = [];
  const found = [];
  try {
    const report = await db.verify();
    tell('verified');
    problems.push(...report.problems.map((problem) => `verify: ${JSON.stringify(problem)}`));
    const documents = db.documentClient();
    const { TableNames } = await db.client().listTables();
    for (const TableName of TableNames) {
      const items = await everything((input) => documents.scan(input), { TableName, ConsistentRead: true });
      const table = new Map(items.map((item) => [item.id, canonical(item)]));
      if (table.size !== items.length)
        problems.push(`the scan of ${TableName} gave ${items.length - table.size} items twice`);
      for (const { id, version, count } of items) {
        found.push([TableName, id, version, count ?? 0]);
        if (canonical(make(id, version, count)) !== table.get(id))
          problems.push(`${TableName}/${id} is not as it was written: ${table.get(id).slice(0, 300)}`);
      }
      if (TableName === TABLES.things) await inspectIndex(documents, table, problems);
    }
  } finally {
    await db.close();
  }
  // Says of a loss whether the browser still had what we wrote.
  const databases = (await indexedDB.databases?.())?.map((one) => one.name) ?? [];
  return { found, problems: problems.slice(0, 20), opened, locked, databases };
}
