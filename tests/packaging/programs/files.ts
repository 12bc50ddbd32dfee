// The suite on files, below the folder that the last argument names.
import * as pkg from 'dynatab';
import process from 'node:process';
import { runAll, type Package } from '../../js/suite/index.js';

const folder = process.argv.at(-1);
let count = 0;
const env = {
  label: 'files',
  persistent: true,
  fresh: () => ({ name: 'db', storage: 'files' as const, path: `${folder}/f${count++}` }),
};
const results = await runAll({ pkg: pkg as unknown as Package, env });
console.log(JSON.stringify(results.map((result) => ({ label: env.label, ...result }))));
