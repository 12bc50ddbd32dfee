// From the start of the process to the first answer: `dynatab serve`, as built.

import { SERVERS, start } from './http/servers.mjs';
import { spread } from './lib/spread.mjs';

const ROUNDS = 9;

export async function serve() {
  const dynatab = SERVERS.find(({ name }) => name === 'dynatab');
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const server = await start(dynatab);
    rounds.push(server.startup);
    await server.stop();
  }
  const found = spread(rounds);
  return [
    {
      bench: 'serve: first answer',
      figures: [{ name: 'dynatab serve', unit: 'ms', ...found, rounds }],
      ratios: [{ what: 'dynatab serve, ms', ...found, target: 'under 150', met: found.median < 150 }],
      notes: ['from the start of the process to the answer of ListTables'],
    },
  ];
}
