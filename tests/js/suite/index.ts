// The suite: what the package promises, in every runtime and on every storage. Runners are a few lines each.
import { batches } from './batches.js';
import { changes } from './changes.js';
import { dumps } from './dumps.js';
import { encryption } from './encryption.js';
import { failures } from './failures.js';
import type { Case } from './harness.js';
import { items } from './items.js';
import { lifecycle } from './lifecycle.js';
import { queries } from './queries.js';
import { space } from './space.js';
import { statements } from './statements.js';
import { tables } from './tables.js';
import { transactions } from './transactions.js';

export type { Case, Context, Env, Package } from './harness.js';

export const suite: Case[] = [
  ...tables,
  ...items,
  ...queries,
  ...batches,
  ...transactions,
  ...statements,
  ...changes,
  ...dumps,
  ...lifecycle,
  ...space,
  ...encryption,
  ...failures,
];

/** How long a case may take where there is no test runner, in milliseconds: one that hangs is named, and the others run. */
const PATIENCE = 60_000;

/** Runs the whole suite where there is no test runner; the page and the worker print what it gives. */
export async function runAll(
  context: import('./harness.js').Context,
): Promise<{ name: string; error?: string }[]> {
  const results: { name: string; error?: string }[] = [];
  for (const { name, run } of suite) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no end within ${PATIENCE} ms`)), PATIENCE);
    });
    try {
      await Promise.race([run(context), late]);
      results.push({ name });
    } catch (error) {
      results.push({
        name,
        error: error instanceof Error ? `${String(error)}\n${error.stack}` : String(error),
      });
    } finally {
      clearTimeout(timer);
    }
  }
  return results;
}
