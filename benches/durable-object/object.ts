// What is measured inside a Durable Object: durable writes, each awaited before the next, in turns.
import { DurableObject } from 'cloudflare:workers';
import { open, type DocumentClient } from 'dynatab/cloudflare';
import { makeItem, makeValue } from '../lib/items.js';

interface Env {
  Bench: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
}

const TableName = 'bench';
const WRITES = 100;
const ROUNDS = 41;

type Write = (at: number) => Promise<unknown>;

export class Bench extends DurableObject {
  override async fetch(): Promise<Response> {
    const { storage } = this.ctx;
    const db = await open(this.ctx, {
      tables: [
        {
          TableName,
          AttributeDefinitions: [
            { AttributeName: 'pk', AttributeType: 'S' },
            { AttributeName: 'sk', AttributeType: 'S' },
          ],
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          BillingMode: 'PAY_PER_REQUEST',
        },
      ],
    });
    const { sql } = storage;
    sql.exec('CREATE TABLE IF NOT EXISTS bench (id INTEGER PRIMARY KEY, value BLOB NOT NULL)');
    const doc: DocumentClient = db.documentClient();
    const writes: Record<string, Write> = {
      'dynatab, PutItem': (at) => doc.put({ TableName, Item: makeItem(at) }),
      'storage.put and sync': async (at) => {
        void storage.put({ [`customer#${String(at).padStart(10, '0')}`]: makeValue(at) });
        await storage.sync();
      },
      'SQL, a row and sync': async (at) => {
        sql.exec('INSERT INTO bench VALUES (?, ?)', at, makeValue(at));
        await storage.sync();
      },
    };
    const names = Object.keys(writes);
    const rounds = names.map((name) => ({ name, rounds: [] as number[] }));
    let next = 0;
    for (let round = 0; round <= ROUNDS; round++) {
      for (let k = 0; k < names.length; k++) {
        const turn = (k + round) % names.length;
        const write = writes[names[turn]!]!;
        const from = (next += WRITES);
        // The clock stands still but for input and output.
        await scheduler.wait(0);
        const began = Date.now();
        for (let at = from; at < from + WRITES; at++) await write(at);
        await scheduler.wait(0);
        // The first round warms up.
        if (round) rounds[turn]!.rounds.push(((Date.now() - began) / WRITES) * 1000);
      }
    }
    await db.close();
    return Response.json(rounds);
  }
}

declare const scheduler: { wait(millis: number): Promise<void> };

export default {
  fetch: (request: Request, { Bench }: Env) => Bench.get(Bench.idFromName('bench')).fetch(request),
};
