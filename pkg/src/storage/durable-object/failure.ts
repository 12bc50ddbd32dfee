/** Errors of a Durable Object's storage as those of the store contract. */

import { StoreFailure, type FailureKind } from '../external.js';

/** What SQLite says of a row that is there already, and of a database that may not grow. */
const SAID: readonly (readonly [FailureKind, RegExp])[] = [
  ['conflict', /SQLITE_CONSTRAINT_PRIMARYKEY/],
  ['full', /SQLITE_FULL/],
];

/** `otherwise`: what a failure is that says nothing of itself. */
export function failure(cause: unknown, otherwise: FailureKind): StoreFailure {
  if (cause instanceof StoreFailure) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const kind = SAID.find(([, pattern]) => pattern.test(message))?.[0] ?? otherwise;
  return new StoreFailure(kind, message, { cause });
}

export const closed = () => new StoreFailure('closed', 'the store was closed');
