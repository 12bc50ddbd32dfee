/** What an engine and the worker that has its store say to each other over a port. */

import type { FailureKind } from '../external.js';

/** The name of a function of `ExternalStore`, and its arguments. */
export type Question = readonly [operation: 'read' | 'list' | 'commit' | 'usage' | 'close', ...unknown[]];

export type ToStore = readonly [id: number, Question];

export type FromStore =
  | readonly [id: number, value: unknown]
  | readonly [id: number, value: undefined, kind: FailureKind | undefined, message: string]
  /** Another context has what it kept; or, with a cause, it failed. Nothing is answered any more. */
  | readonly [id: undefined, cause: string | undefined];
