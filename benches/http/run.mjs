// DynamoDB's protocol over HTTP on loopback: every server gets the same requests, in turns.

import { fork } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../scripts/lib/run.mjs';
import { spread } from '../lib/spread.mjs';
import { FILL, OPERATIONS, TABLE } from './operations.mjs';
import { encode, open } from './client.mjs';
import { SERVERS, start } from './servers.mjs';

const ROUNDS = 5;
const WARM_MS = 700;
const MS = 250;
const CONNECTIONS = [1, 16];
const CEILING = SERVERS[0].name;
const OURS = 'dynatab';

/** Sends requests one after the other; the answers. */
async function sendAll(server, requests) {
  const connection = await open(server.port);
  const answers = [];
  for (const request of requests) {
    const answer = await connection.send(encode(request, server.port));
    if (answer.status !== 200) throw new Error(`${server.name}, ${request.target}: ${answer.body}`);
    answers.push(answer.body);
  }
  connection.close();
  return answers;
}

async function fill(server) {
  await sendAll(server, [{ target: 'CreateTable', body: JSON.stringify(TABLE) }]);
  for (let tries = 0; tries < 200; tries++) {
    const body = JSON.stringify({ TableName: TABLE.TableName });
    const [answer] = await sendAll(server, [{ target: 'DescribeTable', body }]);
    if (JSON.parse(answer).Table.TableStatus === 'ACTIVE') break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await sendAll(server, FILL);
}

/** The answers that the server of constants is to give: those of `server`. */
async function answers(server) {
  const given = {};
  for (const requests of Object.values(OPERATIONS)) {
    const [{ target, body }] = requests;
    const [answer] = await sendAll(server, [requests[0]]);
    const limit = JSON.parse(body).Limit;
    given[limit === undefined ? target : `${target} ${limit}`] = {
      headers: { 'x-amz-crc32': '1234567890', 'x-amzn-requestid': 'R'.repeat(52) },
      body: answer.toString('base64'),
    };
  }
  return given;
}

/** Measures; gives reports, and says on `log` what could not be had. */
export async function http(log) {
  const load = fork(join(ROOT, 'benches/http/load.mjs'));
  const measure = (message) =>
    new Promise((resolve, reject) => {
      load.once('message', ({ sample, error }) => (error ? reject(new Error(error)) : resolve(sample)));
      load.send(message);
    });
  const servers = [];
  const reports = [];
  try {
    for (const server of SERVERS) {
      const missing = server.missing?.();
      if (missing) log(`${server.name} is left out: ${missing}`);
      else servers.push(await start(server));
    }
    for (const server of servers) if (server.name !== CEILING) await fill(server);
    const given = await answers(servers.find(({ name }) => name === OURS));
    servers.find(({ name }) => name === CEILING).child.send(given);
    for (const connections of CONNECTIONS) {
      for (const [operation, requests] of Object.entries(OPERATIONS)) {
        const able = servers.filter(({ lacks }) => !lacks?.test(operation));
        const samples = new Map(able.map(({ name }) => [name, []]));
        for (let round = 0; round <= ROUNDS; round++) {
          for (let k = 0; k < able.length; k++) {
            const { name, port } = able[(k + round) % able.length];
            // The first round is not counted: compilers of all kinds have their say in it.
            const sample = await measure({ port, requests, connections, ms: round ? MS : WARM_MS });
            if (round) samples.get(name).push(sample);
          }
        }
        const rates = new Map(
          [...samples].map(([name, list]) => [name, list.map(({ count, ms }) => (count / ms) * 1000)]),
        );
        const ratios = able
          .filter(({ name }) => name !== OURS)
          .map(({ name }) => {
            const rounds = rates.get(OURS).map((rate, i) => rate / rates.get(name)[i]);
            const least = name === CEILING ? 0.8 : 1;
            const found = spread(rounds);
            return {
              what: `${OURS} / ${name}`,
              ...found,
              target: `at least ${least}`,
              met: found.median >= least,
            };
          });
        const figures = [...rates].map(([name, rounds]) => ({
          name,
          unit: 'per second',
          ...spread(rounds),
          rounds,
        }));
        const one = connections === 1 ? 'one connection' : `${connections} connections`;
        reports.push({ bench: `http: ${operation}, ${one}`, figures, ratios, notes: [] });
      }
    }
    const memory = servers.map((server) => {
      const mib = server.memory();
      return { name: server.name, unit: 'MiB', median: mib, low: mib, high: mib, rounds: [mib] };
    });
    reports.push({ bench: 'http: resident memory afterwards', figures: memory, ratios: [], notes: [] });
  } finally {
    load.kill();
    for (const server of servers) await server.stop();
  }
  return reports;
}
