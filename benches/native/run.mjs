// Criterion's benches of the core, and what they found.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from '../../scripts/lib/run.mjs';

const TARGET = join(ROOT, 'target/benches');
const FOUND = join(TARGET, 'criterion');

export async function native() {
  const manifest = join(ROOT, 'benches/native/Cargo.toml');
  const args = ['bench', '--quiet', '--manifest-path', manifest, '--bench', 'core', '--target-dir', TARGET];
  await run('cargo', args, { env: { ...process.env, CRITERION_HOME: FOUND } });
  const figures = readdirSync(FOUND)
    .map((name) => join(FOUND, name, 'new'))
    .filter((place) => existsSync(join(place, 'estimates.json')))
    .map((place) => {
      const read = (file) => JSON.parse(readFileSync(join(place, file), 'utf8'));
      const { median } = read('estimates.json');
      const { lower_bound: low, upper_bound: high } = median.confidence_interval;
      const us = [median.point_estimate, low, high].map((ns) => ns / 1000);
      return {
        name: read('benchmark.json').title,
        unit: 'us',
        median: us[0],
        low: us[1],
        high: us[2],
        rounds: [us[0]],
      };
    });
  const notes = ["from a request's JSON to the answer's; medians with their 95 % intervals"];
  return [{ bench: 'native: the core', figures, ratios: [], notes }];
}
