// Load whose every outcome is known: lanes that write one thing after the other, each on keys of its own. What a lane left
// must be the result of its first so-and-so many operations: all that were acknowledged, and at most the one in flight.

import assert from 'node:assert/strict';

const TableName = 'things';
/** Keys of a lane. */
const KEYS = 12;

/** A number that looks random and is the same in each run. */
const mixed = (lane, at) => (Math.imul(lane * 7919 + at + 1, 2654435761) >>> 8) % 1000;

const text = (lane, at) => `${lane}/${at}/`.padEnd(50 + mixed(lane, at) * 6, 'x');

/** The operation `at` of a lane: what is asked, and what it does to the lane's items. */
function operation(lane, at) {
  const draw = mixed(lane, at);
  const sk = { N: String(draw % KEYS) };
  const Key = { pk: { S: `lane ${lane}` }, sk };
  const Item = { ...Key, ...(draw % 3 ? { gk: { S: `g${draw % 5}` } } : {}), text: { S: text(lane, at) } };
  const put = (items) => void (items[sk.N] = Item);
  if (draw < 550) return ['PutItem', { TableName, Item }, put];
  if (draw < 700) return ['DeleteItem', { TableName, Key }, (items) => void delete items[sk.N]];
  if (draw < 850) {
    const input = {
      TableName,
      Key,
      UpdateExpression: 'ADD n :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
    };
    const add = (items) => {
      const { n, ...item } = items[sk.N] ?? Key;
      items[sk.N] = { ...item, n: { N: String(Number(n?.N ?? 0) + 1) } };
    };
    return ['UpdateItem', input, add];
  }
  // Two items together, or none.
  const counter = { pk: Key.pk, sk: { N: '100' }, n: { N: String(at) } };
  const TransactItems = [{ Put: { TableName, Item } }, { Put: { TableName, Item: counter } }];
  const both = (items) => {
    put(items);
    items['100'] = counter;
  };
  return ['TransactWriteItems', { TransactItems }, both];
}

export class Lanes {
  acknowledged = 0;
  inFlight = 0;

  constructor(count) {
    this.lanes = Array.from({ length: count }, (_, number) => ({ number, at: 0, items: {}, unsure: false }));
  }

  get items() {
    return this.lanes.reduce((sum, { items }) => sum + Object.keys(items).length, 0);
  }

  /** Entries that the index has. */
  get indexed() {
    const all = this.lanes.flatMap(({ items }) => Object.values(items));
    return all.filter(({ gk }) => gk !== undefined).length;
  }

  /** Works until calls fail, as those of a process that was killed do. */
  async work(call) {
    const run = async (lane) => {
      for (;;) {
        const [name, input, apply] = operation(lane.number, lane.at);
        try {
          await call(name, input);
        } catch (error) {
          // What was answered was not killed.
          if (error.status !== undefined && error.status < 500) throw error;
          lane.unsure = true;
          this.inFlight++;
          return;
        }
        apply(lane.items);
        lane.at++;
        this.acknowledged++;
      }
    };
    await Promise.all(this.lanes.map(run));
  }

  /** Compares what is there with what may be, and goes on from that. */
  async compare(call, what) {
    for (const lane of this.lanes) {
      const { Items } = await call('Query', {
        TableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: `lane ${lane.number}` } },
        ConsistentRead: true,
      });
      const found = Object.fromEntries(Items.map((item) => [item.sk.N, item]));
      if (lane.unsure && !equal(found, lane.items)) {
        operation(lane.number, lane.at)[2](lane.items);
        lane.at++;
      }
      lane.unsure = false;
      assert.deepEqual(found, lane.items, `${what}, lane ${lane.number} after ${lane.at} operations`);
    }
  }
}

function equal(a, b) {
  try {
    assert.deepEqual(a, b);
    return true;
  } catch {
    return false;
  }
}
