// The suite in a Deno KV, in the file that the last argument names; each case has a database of its own there.
import * as pkg from 'dynatab/deno';
import process from 'node:process';
import { runAll, type Package } from '../../js/suite/index.js';

const kv = process.argv.at(-1)!;
let count = 0;
const env = { label: 'deno-kv', persistent: true, fresh: () => ({ name: `db${count++}`, kv }) };
const results = await runAll({ pkg: pkg as unknown as Package, env });
console.log(JSON.stringify(results.map((result) => ({ label: env.label, ...result }))));
