/** Ten puts as one transaction, beside ten as one BatchWriteItem. */

import { makeItems } from '../lib/items.js';
import { freshName, openDynatab, TABLE, type Dynatab } from '../lib/peers.js';
import { cost, figures, interleave, timed, type Alternative, type Report } from '../lib/rounds.js';

const PUTS = 10;
const CALLS = 100;

export async function transactions(): Promise<Report> {
  const bases: Record<string, Dynatab> = {
    memory: await openDynatab({ name: freshName(), storage: 'memory' }),
    relaxed: await openDynatab({ name: freshName() }),
  };
  let next = 0;
  let tokens = 0;
  const alternatives: Alternative[] = [];
  for (const [where, { doc }] of Object.entries(bases)) {
    const way = (name: string, send: (items: object[], call: number) => Promise<unknown>): Alternative => ({
      name: `${name}, ${where}`,
      run() {
        const items = makeItems((next += PUTS * CALLS), PUTS * CALLS);
        return timed(CALLS, async () => {
          for (let call = 0; call < CALLS; call++) {
            await send(items.slice(call * PUTS, (call + 1) * PUTS), call);
          }
        });
      },
    });
    const puts = (items: object[]) => items.map((Item) => ({ Put: { TableName: TABLE, Item } }));
    alternatives.push(
      way('batchWrite', (items) =>
        doc.batchWrite({ RequestItems: { [TABLE]: items.map((Item) => ({ PutRequest: { Item } })) } }),
      ),
      way('transactWrite', (items) => doc.transactWrite({ TransactItems: puts(items) })),
      way('transactWrite with a token', (items) =>
        doc.transactWrite({ TransactItems: puts(items), ClientRequestToken: `token-${tokens++}` }),
      ),
    );
  }
  const samples = await interleave(alternatives);
  for (const { db } of Object.values(bases)) await db.destroy();
  return {
    bench: 'transactions',
    figures: figures(samples, 'us'),
    ratios: Object.keys(bases).flatMap((where) => [
      cost(samples, [`transactWrite, ${where}`], `batchWrite, ${where}`, { atMost: 3 }),
      cost(samples, [`transactWrite with a token, ${where}`], `batchWrite, ${where}`),
    ]),
    notes: ['awaited one after the other, ten new items each'],
  };
}
