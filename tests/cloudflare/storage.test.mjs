// What holds for every store, and what the package promises, inside Durable Objects of both kinds.

import { after, test } from 'node:test';
import { report, workspace } from '../packaging/lib.mjs';
import { ask, KINDS, objects } from './lib.mjs';

for (const [kind, useSQLite] of KINDS) {
  const space = workspace();
  after(space.remove);

  test(`the contract of stores, ${kind}`, async (t) => {
    const { miniflare } = await objects('store.ts', space.folder, 'Store', useSQLite);
    try {
      await report(t, await ask(miniflare, '/'), 18);
    } finally {
      await miniflare.dispose();
    }
  });

  test(`the suite, ${kind}`, async (t) => {
    const { miniflare } = await objects('suite.ts', space.folder, 'Suite', useSQLite);
    try {
      await report(t, await ask(miniflare, '/'));
    } finally {
      await miniflare.dispose();
    }
  });
}
