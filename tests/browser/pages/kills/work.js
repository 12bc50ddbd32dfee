// Writes as fast as it can until the page dies.
//
// What is written is announced before it is begun, and begun only when the test has said that it knows: whatever a death
// leaves behind was acknowledged or announced.

import { openPatiently } from './patience.js';
import { attributes, LANES, make, operation, SCHEMAS } from './plan.js';

/** Operations of a lane that are announced at once. */
const AHEAD = 16;

/** The update that an `add` or a `set` is. */
function update({ table, id, effect, version }) {
  const entries = Object.entries(attributes(id, version));
  const set = `SET ${entries.map(([name]) => `#${name} = :${name}`).join(', ')}`;
  const names = Object.fromEntries(entries.map(([name]) => [`#${name}`, name]));
  const values = Object.fromEntries(entries.map(([name, value]) => [`:${name}`, value]));
  const counts = effect === 'add';
  return {
    TableName: table,
    Key: { id },
    UpdateExpression: counts ? `${set} ADD #count :one` : set,
    ExpressionAttributeNames: counts ? { ...names, '#count': 'count' } : names,
    ExpressionAttributeValues: counts ? { ...values, ':one': 1 } : values,
  };
}

const put = ({ table, id, version }) => ({ TableName: table, Item: make(id, version) });
const remove = ({ table, id }) => ({ TableName: table, Key: { id } });

function single(documents, write) {
  if (write.effect === 'put') return documents.put(put(write));
  if (write.effect === 'delete') return documents.delete(remove(write));
  return documents.update(update(write));
}

function action(write) {
  if (write.effect === 'put') return { Put: put(write) };
  if (write.effect === 'delete') return { Delete: remove(write) };
  return { Update: update(write) };
}

/** A batch until nothing of it is unprocessed. */
async function batch(documents, writes) {
  let RequestItems = {};
  for (const write of writes) {
    const { Item, Key } = write.effect === 'put' ? put(write) : remove(write);
    (RequestItems[write.table] ??= []).push(Item ? { PutRequest: { Item } } : { DeleteRequest: { Key } });
  }
  while (Object.keys(RequestItems).length)
    ({ UnprocessedItems: RequestItems = {} } = await documents.batchWrite({ RequestItems }));
}

function run(documents, { kind, writes }) {
  if (kind === 'batch') return batch(documents, writes);
  if (kind === 'pair') return documents.transactWrite({ TransactItems: writes.map(action) });
  return single(documents, writes[0]);
}

/**
 * Opens the database and writes. With `tolerant` an operation that the storage refused is tried again: where the error
 * says that nothing was written, doing it again must be right.
 */
export async function work({ name, durability, seed, round, tolerant }, tell, heard) {
  const granted = LANES.map(() => 0);
  const waiting = LANES.map(() => undefined);
  heard.granted = (lane, number) => {
    granted[lane] = Number(number);
    waiting[lane]?.();
  };
  tell('opening');
  const { db } = await openPatiently({ name, durability, tables: SCHEMAS });
  tell('opened');
  const documents = db.documentClient();

  const lane = async (lane) => {
    let announced = 0;
    for (let number = 1; ; number++) {
      if (number + AHEAD / 2 > announced) {
        announced = number + AHEAD;
        tell(`announced ${lane} ${announced}`);
      }
      while (granted[lane] < number) await new Promise((go) => (waiting[lane] = go));
      const what = operation(seed, round, lane, number);
      for (;;) {
        try {
          await run(documents, what);
          break;
        } catch (error) {
          if (!tolerant || !/^Storage(Failed|Full)Exception$/.test(error.name)) throw error;
          tell(`refused ${error.name}: ${error.message}`);
          await new Promise((done) => setTimeout(done, 20));
        }
      }
      tell(`acknowledged ${lane} ${number}`);
    }
  };
  await Promise.all(LANES.map((_, at) => lane(at)));
}
