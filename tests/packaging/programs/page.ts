// The suite in a page that knows the package by an import map, on memory and on IndexedDB.
import * as pkg from 'dynatab';
import { runAll, type Env, type Package } from '../../js/suite/index.js';

const session = Math.random().toString(36).slice(2);
let count = 0;
const envs: Env[] = (['memory', 'indexeddb'] as const).map((storage) => ({
  label: storage,
  persistent: storage === 'indexeddb',
  fresh: () => ({ name: `${session}${storage}${count++}`, storage }),
}));

export async function run(): Promise<object[]> {
  const results: object[] = [];
  for (const env of envs) {
    for (const result of await runAll({ pkg: pkg as unknown as Package, env })) {
      results.push({ label: env.label, ...result });
    }
  }
  return results;
}
