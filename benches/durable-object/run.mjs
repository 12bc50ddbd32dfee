// Durable writes inside a Durable Object, beside what its storage itself takes for a value of the same size.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install } from '../../scripts/lib/packages.mjs';
import { ROOT } from '../../scripts/lib/run.mjs';
import { spread } from '../lib/spread.mjs';

/** Measures in workerd, on an object that is backed by SQLite. */
export async function durableObject() {
  await install('tests/packaging');
  const { worker } = await import('../../tests/packaging/worker.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'dynatab-bench-'));
  const dist = join(ROOT, 'pkg/dist');
  const told = {
    durableObjects: { Bench: { className: 'Bench', useSQLite: true } },
    durableObjectsPersist: join(folder, 'objects'),
  };
  const bundling = { alias: { 'dynatab/cloudflare': join(dist, 'cloudflare.js') } };
  const entry = join(ROOT, 'benches/durable-object/object.ts');
  const miniflare = await worker(entry, folder, {}, { told, bundling, dist });
  try {
    const answer = await miniflare.dispatchFetch('http://bench/');
    if (answer.status !== 200) throw new Error(await answer.text());
    const measured = await answer.json();
    const figures = measured.map(({ name, rounds }) => ({ name, unit: 'µs', ...spread(rounds), rounds }));
    const [ours, ...others] = measured;
    const ratios = others.map(({ name, rounds }, at) => {
      const found = spread(ours.rounds.map((mine, round) => mine / rounds[round]));
      const judged = at ? {} : { target: 'at most 1.3', met: found.median <= 1.3 };
      return { what: `${ours.name} / ${name}`, ...found, ...judged };
    });
    return [
      {
        bench: 'a durable write in a Durable Object, each awaited',
        figures,
        ratios,
        notes: ['600 bytes each; `sync` is awaited in all of them'],
      },
    ];
  } finally {
    await miniflare.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}
