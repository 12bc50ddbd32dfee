/** The origin private file system, as the main entry sees it: what it takes to use it is loaded when it is asked for. */

import type { ContextWorker } from './context-worker.js';

/** What the storage `opfs` needs of its runtime. */
export interface OpfsAccess {
  /** The code of files. */
  files(): Promise<typeof import('../../entry/opfs.js')>;
  /** Starts the worker for contexts that have no handles. */
  worker?: (() => Promise<ContextWorker>) | undefined;
}
