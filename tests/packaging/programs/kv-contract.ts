// The contract of stores over Deno KVs with their real limits: in memory, and in the file that the last argument names.
import process from 'node:process';
import { openDenoKv } from '../../../pkg/src/storage/deno-kv/open.js';
import { CONTRACT } from '../../js/stores/contract.js';

const results: { label: string; name: string; error?: string }[] = [];
for (const [label, place] of [
  ['in memory', ':memory:'],
  ['in a file', process.argv.at(-1)!],
] as const) {
  let count = 0;
  for (const [name, run] of Object.entries(CONTRACT)) {
    const kept = await openDenoKv({ name: `db${count++}`, kv: place });
    try {
      await run(kept.engine.store!);
      results.push({ label, name });
    } catch (error) {
      results.push({ label, name, error: (error as Error).stack ?? String(error) });
    }
    await kept.clear();
    await kept.release();
  }
}
console.log(JSON.stringify(results));
