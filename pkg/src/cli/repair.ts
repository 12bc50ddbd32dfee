/** `dynatab repair`: saves what can be read of a damaged database in a directory. */

import { existing } from './directory.js';
import { printProblems } from './problems.js';
import { secret } from './secret.js';
import type { Package } from './usage.js';

export const USAGE = `dynatab repair --dir PATH

  writes the database in the directory anew from all that can be read of it, if anything is wrong with it; needs space for
  a second copy. Records of streams are not kept
`;

export const OPTIONS = { dir: { type: 'string' } } as const;

/** Prints what was wrong, and what is left. */
export async function run({ dir }: { dir?: string }, { repair }: Package): Promise<void> {
  const report = await repair({
    name: 'dynatab',
    storage: 'files',
    path: existing('repair', dir),
    ...secret(),
  });
  printProblems(report);
  const { repaired, items, lostItems } = report;
  if (!repaired) console.log('no problems; nothing was written');
  else console.log(`repaired: ${items} items are left, ${lostItems} were damaged themselves`);
}
