/** The contract of stores holds for the simplest of them; its cases run over the others in their runtimes. */

import test from 'node:test';

import { CONTRACT } from '../stores/contract.js';
import { MemoryStore } from '../stores/memory-store.js';

for (const [name, run] of Object.entries(CONTRACT)) test(`in memory: ${name}`, () => run(new MemoryStore()));
