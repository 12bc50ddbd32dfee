// Databases in one object: each has one owner, a name of its own, and an end that leaves nothing.

import { after, test } from 'node:test';
import { workspace } from '../packaging/lib.mjs';
import { ask, KINDS, objects } from './lib.mjs';

const CASES = {
  owners: 'a second owner is refused',
  names: 'names keep databases apart',
  destroyed: 'a database that is destroyed leaves nothing, and nothing else goes',
  load: 'a load without a pause is merged, and closed',
};

for (const [kind, useSQLite] of KINDS) {
  test(kind, { timeout: 120_000 }, async (t) => {
    const space = workspace();
    after(space.remove);
    const { miniflare } = await objects('owner.ts', space.folder, 'Owner', useSQLite);
    try {
      for (const [path, name] of Object.entries(CASES)) await t.test(name, () => ask(miniflare, `/${path}`));
    } finally {
      await miniflare.dispose();
    }
  });
}
