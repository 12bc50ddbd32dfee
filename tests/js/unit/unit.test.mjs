// The package's parts without an engine: codec, clients, file primitives, server.
import { readdirSync } from 'node:fs';
import { load } from '../lib/bundle.mjs';

const folder = new URL('./', import.meta.url);
for (const name of readdirSync(folder)
  .filter((name) => name.endsWith('.test.ts'))
  .sort()) {
  await load(`tests/js/unit/${name}`);
}
