// A process that writes until it is killed: `node load.mjs DIR DURABILITY VERSION`. Prints `KEY VERSION` when a write
// is acknowledged.
import { writeSync } from 'node:fs';
import { dynatab, item, KEYS, LANES, TABLE } from './lib.mjs';

const [dir, durability, from] = process.argv.slice(2);
const db = await dynatab.open({ name: 'db', path: dir, durability, tables: [TABLE] });
const doc = db.documentClient();
let version = Number(from);
const lane = async (first) => {
  for (let id = first; ; id = id + LANES < KEYS ? id + LANES : first) {
    const mine = version++;
    await doc.put({ TableName: TABLE.TableName, Item: item(id, mine) });
    writeSync(1, `${id} ${mine}\n`);
  }
};
await Promise.all(Array.from({ length: LANES }, (_, first) => lane(first)));
