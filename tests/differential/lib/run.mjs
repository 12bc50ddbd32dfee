// The same requests to dynatab and to a peer, answer by answer.

import { TABLES, Generator } from './generate.mjs';
import { known } from './known.mjs';
import { normal, item } from './normal.mjs';
import { peer, send, start } from './peers.mjs';

const WRITES =
  /^(Put|Update|Delete|BatchWrite|TransactWrite|ExecuteTransaction|BatchExecute|ExecuteStatement)/;
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Sends `count` requests made from `seed` to both; what differs and no fact decides is handed to `report`. */
export async function compare(name, seed, count, report) {
  const ours = await start(peer('dynatab'));
  let theirs;
  try {
    theirs = await start(peer(name));
    for (const server of [ours, theirs]) {
      for (const table of TABLES) await create(server.port, table);
    }
    return await run(
      { name, ours: ours.port, theirs: theirs.port },
      new Generator(seed, peer(name)),
      count,
      report,
    );
  } finally {
    await theirs?.stop();
    await ours.stop();
  }
}

async function run({ name, ours, theirs }, generator, count, report) {
  const tally = new Map([['the same', 0]]);
  const add = (what) => tally.set(what, (tally.get(what) ?? 0) + 1);
  for (let number = 0; number < count; number += 1) {
    const { operation, input } = generator.next();
    const answers = [await send(ours, operation, input), await send(theirs, operation, input)];
    const seen = { operation, input, answers, states: [] };
    let differs = !same(...answers.map((answer) => normal(operation, answer, input)));
    if (WRITES.test(operation)) {
      seen.states = [await state(ours), await state(theirs)];
      differs ||= !same(...seen.states);
    }
    if (!differs) {
      add('the same');
      continue;
    }
    const fact = known(name, seen);
    if (fact) add(fact);
    else report({ number, ...seen });
    // What follows is about one state again.
    if (seen.states.length) await align(seen.states, theirs);
  }
  return tally;
}

async function create(port, table) {
  const { error, message } = await send(port, 'CreateTable', table);
  if (error) throw new Error(`CreateTable: ${error}: ${message}`);
  for (;;) {
    const { body } = await send(port, 'DescribeTable', { TableName: table.TableName });
    if (body.Table.TableStatus === 'ACTIVE') return;
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Every item of every table, by table and key. */
async function state(port) {
  const tables = {};
  for (const { TableName, KeySchema } of TABLES) {
    const { body } = await send(port, 'Scan', { TableName, ConsistentRead: true });
    const keyed = body.Items.map((one) => {
      const made = item(one);
      return [JSON.stringify(KeySchema.map(({ AttributeName }) => made[AttributeName])), { made, one }];
    });
    const order = ([a], [b]) => (a < b ? -1 : 1);
    tables[TableName] = Object.fromEntries(keyed.sort(order).map(([key, { made }]) => [key, made]));
    // As it can be written again.
    Object.defineProperty(tables[TableName], 'items', {
      value: new Map(keyed.map(([key, { one }]) => [key, one])),
    });
  }
  return tables;
}

/** Gives a peer our state; where it holds on to what it should not have, in new tables. */
async function align([from, to], port) {
  await copy([from, to], port);
  if (same(from, await state(port))) return;
  for (const table of TABLES) {
    await send(port, 'DeleteTable', { TableName: table.TableName });
    await create(port, table);
  }
  await copy([from, await state(port)], port);
}

async function copy([from, to], port) {
  for (const { TableName, KeySchema } of TABLES) {
    const [wanted, there] = [from[TableName], to[TableName]];
    for (const [key, one] of there.items) {
      if (key in wanted) continue;
      const Key = Object.fromEntries(
        KeySchema.map(({ AttributeName }) => [AttributeName, one[AttributeName]]),
      );
      await send(port, 'DeleteItem', { TableName, Key });
    }
    for (const [key, Item] of wanted.items) {
      if (!same(wanted[key], there[key])) await send(port, 'PutItem', { TableName, Item });
    }
  }
}
