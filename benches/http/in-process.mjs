// What a test or a page saves by having the database in its own process: two reads through the document client, and the
// same two through the HTTP door of each server, answers parsed, in turns.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../../scripts/lib/run.mjs';
import { spread } from '../lib/spread.mjs';
import { encode, open } from './client.mjs';
import { item, TABLE } from './operations.mjs';
import { SERVERS, start } from './servers.mjs';

const ROUNDS = 7;
const ITEMS = 10_000;
/** Runs of one round. */
const READS = {
  'Query of 100': { runs: 50, operation: 'Query', input: query },
  'filtered Scan of 10,000': { runs: 3, operation: 'Scan', input: scan },
};
const CEILING = SERVERS[0].name;
const OURS = 'dynatab, in the process';
const { TableName } = TABLE;

function query(value) {
  return {
    TableName,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': value(item(0).pk.S) },
    Limit: 100,
  };
}

/** One item of a hundred passes. */
function scan(value) {
  return { TableName, FilterExpression: 'quantity = :q', ExpressionAttributeValues: { ':q': value(13) } };
}

const attribute = (value) => (typeof value === 'number' ? { N: String(value) } : { S: value });
const native = (value) => value;

/** Reads to the end, or one page where there is a limit; how many items came. */
async function readAll(input, page) {
  let found = 0;
  for (let start; ;) {
    const { Items, LastEvaluatedKey } = await page({ ...input, ExclusiveStartKey: start });
    found += Items.length;
    start = LastEvaluatedKey;
    if (!start || input.Limit !== undefined) return found;
  }
}

async function overHttp(server) {
  let connection = await open(server.port);
  const call = async (target, input) => {
    const { status, body } = await connection.send(
      encode({ target, body: JSON.stringify(input) }, server.port),
    );
    if (status !== 200) throw new Error(`${server.name}, ${target}: ${body}`);
    return JSON.parse(body);
  };
  await call('CreateTable', TABLE);
  for (let tries = 0; tries < 100; tries++) {
    const { Table } = await call('DescribeTable', { TableName });
    if (Table.TableStatus === 'ACTIVE') break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (let i = 0; i < ITEMS; i += 25) {
    const puts = Array.from({ length: 25 }, (_, k) => ({ PutRequest: { Item: place(i + k) } }));
    await call('BatchWriteItem', { RequestItems: { [TableName]: puts } });
  }
  return {
    name: `${server.name}, HTTP`,
    // Servers close what was idle for some seconds.
    async begin() {
      connection.close();
      connection = await open(server.port);
    },
    read: ({ operation, input }) => readAll(input(attribute), (page) => call(operation, page)),
    close: () => connection.close(),
  };
}

/** A hundred partitions of a hundred items. */
const place = (i) => ({ ...item(i), pk: { S: `${item(0).pk.S}${Math.floor(i / 100) || ''}` } });

async function inside() {
  const { open: openDatabase } = await import(pathToFileURL(join(ROOT, 'pkg/dist/node.js')).href);
  const db = await openDatabase({ name: 'bench', storage: 'memory', tables: [TABLE] });
  const client = db.client();
  for (let i = 0; i < ITEMS; i++) await client.putItem({ TableName, Item: place(i) });
  const doc = db.documentClient();
  return {
    name: OURS,
    begin: async () => undefined,
    read: ({ operation, input }) => readAll(input(native), (page) => doc[operation.toLowerCase()](page)),
    close: () => db.close(),
  };
}

/** Measures; gives reports, and says on `log` what could not be had. */
export async function inProcess(log) {
  const servers = [];
  const readers = [];
  try {
    readers.push(await inside());
    for (const server of SERVERS.filter(({ name }) => name !== CEILING)) {
      const missing = server.missing?.();
      if (missing) {
        log(`${server.name} is left out: ${missing}`);
        continue;
      }
      servers.push(await start(server));
      readers.push(await overHttp(servers.at(-1)));
    }
    const reports = [];
    for (const [name, read] of Object.entries(READS)) {
      const samples = new Map(readers.map((reader) => [reader.name, []]));
      const counts = new Set();
      for (let round = 0; round <= ROUNDS; round++) {
        for (let k = 0; k < readers.length; k++) {
          const reader = readers[(k + round) % readers.length];
          await reader.begin();
          const began = performance.now();
          for (let run = 0; run < read.runs; run++) counts.add(await reader.read(read));
          if (round) samples.get(reader.name).push((performance.now() - began) / read.runs);
        }
      }
      if (counts.size !== 1) throw new Error(`${name}: answers differ: ${[...counts]}`);
      const figures = [...samples].map(([reader, rounds]) => ({
        name: reader,
        unit: 'ms',
        ...spread(rounds),
        rounds,
      }));
      const peers = readers.map((reader) => reader.name).filter((reader) => !reader.startsWith('dynatab'));
      const fastest = samples
        .get(OURS)
        .map((mine, i) => Math.min(...peers.map((peer) => samples.get(peer)[i])) / mine);
      const found = spread(fastest);
      const ratio = {
        what: 'the fastest other server over HTTP / dynatab, in the process',
        ...found,
        target: 'at least 10',
        met: found.median >= 10,
      };
      reports.push({ bench: `in the process: ${name}`, figures, ratios: [ratio], notes: [] });
    }
    return reports;
  } finally {
    for (const reader of readers) await reader.close();
    for (const server of servers) await server.stop();
  }
}
