// Random requests, valid and not, to dynatab and to independent implementations: each answer and the tables after each
// write are the same, or a fact decides between them. DYNATAB_SEED says where to begin, DYNATAB_DIFFERENTIAL_ROUNDS how
// many seeds to take.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changed } from './lib/normal.mjs';
import { missing } from './lib/peers.mjs';
import { compare } from './lib/run.mjs';

const FIRST = Number(process.env.DYNATAB_SEED ?? 1);
const ROUNDS = Number(process.env.DYNATAB_DIFFERENTIAL_ROUNDS ?? 1);
const SHOWN = 5;

const show = ({ seed, number, operation, input, answers, states }) =>
  [
    `seed ${seed}, request ${number}: ${operation} ${JSON.stringify(input)}`,
    ...answers.map(({ error, message, body }) => `  ${error ?? 'ok'} ${message} ${JSON.stringify(body)}`),
    ...(states.length ? [...changed(states)].map((item) => `  now ${JSON.stringify(item)}`) : []),
  ].join('\n');

/** Peers, and how many requests of a seed each is sent: fewer where it is slow. */
const PEERS = Object.entries({
  'DynamoDB Local': 4000,
  dynalite: 4000,
  dynoxide: 4000,
  moto: 600,
  ministack: 1500,
});

for (const [peer, requests] of PEERS) {
  test(`answers as ${peer} does`, { timeout: ROUNDS * 300_000 }, async (t) => {
    if (missing(t, peer)) return;
    const tally = new Map();
    const found = [];
    for (let seed = FIRST; seed < FIRST + ROUNDS; seed += 1) {
      const counts = await compare(peer, seed, requests, (one) => found.push({ seed, ...one }));
      for (const [what, count] of counts) tally.set(what, (tally.get(what) ?? 0) + count);
    }
    t.diagnostic(`seeds ${FIRST} to ${FIRST + ROUNDS - 1}, ${requests} requests each`);
    for (const [what, count] of [...tally].sort(([, a], [, b]) => b - a)) t.diagnostic(`${count}: ${what}`);
    assert.equal(found.length, 0, `${found.length} differ\n${found.slice(0, SHOWN).map(show).join('\n')}`);
  });
}
