/** `dynatab verify`: is a database in a directory what it should be? */

import { existing } from './directory.js';
import { printProblems } from './problems.js';
import { secret } from './secret.js';
import type { Package } from './usage.js';

export const USAGE = `dynatab verify --dir PATH

  reads all that is stored in the directory and checks it; ends with 1 when something is wrong
`;

export const OPTIONS = { dir: { type: 'string' } } as const;

/** Prints what was looked at, and what is wrong. */
export async function run({ dir }: { dir?: string }, { open }: Package): Promise<void> {
  const db = await open({ name: 'dynatab', storage: 'files', path: existing('verify', dir), ...secret() });
  try {
    const report = await db.verify();
    const wrong = printProblems(report);
    const { tables, items, indexEntries, blocks, bytes } = report;
    console.log(
      `${tables} tables, ${items} items, ${indexEntries} index entries; ${blocks} blocks of ${bytes} bytes read`,
    );
    console.log(wrong === 0 ? 'no problems' : `${wrong} problems`);
    if (wrong > 0) process.exitCode = 1;
  } finally {
    await db.close();
  }
}
