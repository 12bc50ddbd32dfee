/** Problems as lines of text. */

import type { VerifyReport } from '../types.js';

/** Prints what is wrong; gives how much that is. */
export function printProblems({ problems, moreProblems }: VerifyReport): number {
  for (const { tableName, indexName, problem } of problems) {
    console.log([tableName, indexName, problem].filter((part) => part !== undefined).join(': '));
  }
  if (moreProblems > 0) console.log(`and ${moreProblems} more`);
  return problems.length + moreProblems;
}
