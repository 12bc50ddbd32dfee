/** What Deno KV throws, as what a store says of it. Most of it is a `TypeError`, so that only the words tell. */

import { StoreFailure, type FailureKind } from '../external.js';

const WORDS: readonly (readonly [RegExp, FailureKind])[] = [
  [/^bad resource id|database is closed|resource closed/i, 'closed'],
  [/database or disk is full|no space left/i, 'full'],
  [/database (?:table )?is locked/i, 'aborted'],
  // What is wrong with the call itself is found before anything is sent.
  [/^(?:too many|total .* too large|(?:key|value) too large)/i, 'aborted'],
];

/** Why a call failed; `otherwise` where what was thrown does not tell. */
export function failureOf(error: unknown, otherwise: 'aborted' | 'unknown'): StoreFailure {
  if (error instanceof StoreFailure) return error;
  const { message } = error as Error;
  const kind = WORDS.find(([words]) => words.test(message))?.[1] ?? otherwise;
  return new StoreFailure(kind, `Deno KV: ${message}`, { cause: error });
}
