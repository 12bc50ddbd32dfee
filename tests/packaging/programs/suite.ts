// The suite where there is a standard output, on memory: prints its results as the last line.
import * as pkg from 'dynatab';
import { runAll, type Package } from '../../js/suite/index.js';

let count = 0;
const env = {
  label: 'memory',
  persistent: false,
  fresh: () => ({ name: `m${count++}`, storage: 'memory' as const }),
};
const results = await runAll({ pkg: pkg as unknown as Package, env });
console.log(JSON.stringify(results.map((result) => ({ label: env.label, ...result }))));
