// Lanes that write, each to items of its own, until the process dies; and what must be there afterwards.
import assert from 'node:assert/strict';
import type { Database } from '../../../pkg/src/client/database.js';
import type { CreateTableInput } from '../../../pkg/src/types.js';
import type { Random } from './random.js';

type Item = Record<string, unknown>;

const TABLE = 'items';
const INDEX = 'by-group';
const LANES = 6;
const KEYS = 4;
const GROUPS = ['a', 'b', 'c'];
/** In every item: it must not be found where all is encrypted. */
export const WORD = 'Schlafittchen';

export const TABLES: CreateTableInput[] = [
  {
    TableName: TABLE,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [
      { AttributeName: 'id', AttributeType: 'S' },
      { AttributeName: 'group', AttributeType: 'S' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: INDEX,
        KeySchema: [{ AttributeName: 'group', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  },
];

export class Script {
  private readonly random: Random;
  /** What is there as far as is known: the state that was acknowledged last, and those that came after it. */
  private readonly states = new Map<string, string[]>();
  private written = 0;
  acknowledged = 0;

  constructor(random: Random) {
    this.random = random;
  }

  /** Writes until `died`; fails if a write is refused before. */
  async run(db: Database, died: Promise<void>): Promise<void> {
    let isDead = false;
    void died.then(() => (isDead = true));
    const lane = async (number: number) => {
      while (!isDead) {
        const { states, write } = this.next(db, number);
        for (const [id, state] of states) this.states.set(id, [...this.possible(id), state]);
        try {
          await write();
        } catch (error) {
          if (isDead) return;
          // An answer of a store that died may come before the word of its death.
          await Promise.race([died, new Promise((_, failed) => setTimeout(() => failed(error), 5_000))]);
        }
        if (isDead) return;
        this.acknowledged++;
        for (const [id, state] of states) this.states.set(id, [state]);
      }
    };
    await Promise.race([died, Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)))]);
  }

  /** Checks what a database has after the process before it died; from then on that is what is known. */
  async check(db: Database): Promise<void> {
    const client = db.documentClient();
    const all: Item[] = [];
    for (let from: Item | undefined, more = true; more; more = from !== undefined) {
      const page = await client.scan({ TableName: TABLE, ConsistentRead: true, ExclusiveStartKey: from });
      all.push(...(page.Items as Item[]));
      from = page.LastEvaluatedKey as Item | undefined;
    }
    const found = new Map(all.map((item) => [item.id as string, text(item)]));
    for (const id of new Set([...found.keys(), ...this.states.keys()])) {
      const state = found.get(id) ?? '';
      const possible = this.possible(id);
      assert.ok(
        possible.includes(state),
        `${id}: ${short(state)}, and not ${possible.map(short).join(' or ')}`,
      );
      this.states.set(id, [state]);
    }
    for (let number = 0; number < LANES; number++) {
      const [one, other] = pair(number).map((id) => all.find((item) => item.id === id)?.n);
      assert.equal(one, other, 'a transaction is whole or not at all');
    }
    for (const group of GROUPS) {
      const indexed: Item[] = [];
      for (let from: Item | undefined, more = true; more; more = from !== undefined) {
        const page = await client.query({
          TableName: TABLE,
          IndexName: INDEX,
          KeyConditionExpression: '#group = :group',
          ExpressionAttributeNames: { '#group': 'group' },
          ExpressionAttributeValues: { ':group': group },
          ExclusiveStartKey: from,
        });
        indexed.push(...(page.Items as Item[]));
        from = page.LastEvaluatedKey as Item | undefined;
      }
      const expected = all.filter((item) => item.group === group);
      assert.deepEqual(indexed.map(text).sort(), expected.map(text).sort(), `the index at ${group}`);
    }
    assert.deepEqual((await db.verify()).problems, []);
  }

  private possible(id: string): string[] {
    return this.states.get(id) ?? [''];
  }

  /** The next write of a lane, and what its items are after it. */
  private next(db: Database, lane: number): { states: [string, string][]; write(): Promise<unknown> } {
    const client = db.documentClient();
    const chance = this.random.below(100);
    if (chance < 15) {
      const id = key(lane, this.random.below(KEYS));
      return { states: [[id, '']], write: () => client.delete({ TableName: TABLE, Key: { id } }) };
    }
    if (chance < 35) {
      const n = ++this.written;
      const items = pair(lane).map((id) => this.item(id, n));
      const puts = items.map((Item) => ({ Put: { TableName: TABLE, Item } }));
      return { states: items.map(stateOf), write: () => client.transactWrite({ TransactItems: puts }) };
    }
    if (chance < 50) {
      const items = Array.from({ length: KEYS }, (_, at) => this.item(key(lane, at)));
      const requests = items.map((Item) => ({ PutRequest: { Item } }));
      return {
        states: items.map(stateOf),
        write: () => client.batchWrite({ RequestItems: { [TABLE]: requests } }),
      };
    }
    const item = this.item(key(lane, this.random.below(KEYS)));
    if (chance < 75)
      return { states: [stateOf(item)], write: () => client.put({ TableName: TABLE, Item: item }) };
    const { id, ...values } = item;
    const names = Object.keys(values);
    return {
      states: [stateOf(item)],
      write: () =>
        client.update({
          TableName: TABLE,
          Key: { id },
          UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
          ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
          ExpressionAttributeValues: Object.fromEntries(names.map((name) => [`:${name}`, values[name]])),
        }),
    };
  }

  private item(id: string, n = ++this.written): Item {
    // Some are larger than a block, and than a value of a store.
    const length = this.random.chance(8) ? this.random.below(120_000) : this.random.below(2_000);
    let text = `${WORD} `;
    // Half of them are noise, which is not compressed.
    if (this.random.chance(50)) text = text.repeat(1 + length / WORD.length);
    else while (text.length < length) text += this.random.below(2 ** 30).toString(36);
    return { id, n, group: this.random.pick(GROUPS), text };
  }
}

const key = (lane: number, at: number) => `${lane}-${at}`;
const pair = (lane: number) => [`${lane}-one`, `${lane}-other`];
const text = (item: Item) => JSON.stringify(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
const stateOf = (item: Item): [string, string] => [item.id as string, text(item)];
const short = (state: string) => (state ? `${state.slice(0, 60)} (${state.length})` : 'nothing');
