/** Deno with its KV as the store: else as the entry for Deno. */

import module from './engine.wasm';
import more from './engine.more.wasm';
import { destroyer, opener, repairer, type Runtime } from '../client/open.js';
import type { Database } from '../client/database.js';
import type { DestroyOptions, OpenOptions, RepairOptions } from '../client/options.js';
import { openDenoKv, type DenoKvOptions } from '../storage/deno-kv/open.js';
import type { RepairReport } from '../types.js';

export * from '../public.js';
export { serve } from '../serve/serve.js';
export type { ServeOptions, Served } from '../serve/serve.js';
export type { DenoKvOptions } from '../storage/deno-kv/open.js';
export type { DenoKv } from '../storage/deno-kv/kv.js';

const runtime: Runtime = {
  wasm: () => module as WebAssembly.Module,
  more: () => more as WebAssembly.Module,
  async files(path) {
    const { openDirectory } = await import('../storage/node-fs.js');
    return openDirectory(path);
  },
  external: {
    storage: 'deno-kv',
    reason: 'dynatab/deno keeps databases in Deno KV',
    open: (options: DestroyOptions & DenoKvOptions) => openDenoKv(options),
  },
};

/** Opens a database, creating it when it is not there: in Deno KV, unless `storage` or `path` says otherwise. */
export const open: (options: OpenOptions & DenoKvOptions) => Promise<Database> =
  /* @__PURE__ */ opener(runtime);
/** Deletes a database that is not open. */
export const destroy: (options: DestroyOptions & DenoKvOptions) => Promise<void> =
  /* @__PURE__ */ destroyer(runtime);
/** Repairs a database that is not open, if anything is wrong with it. */
export const repair: (options: RepairOptions & DenoKvOptions) => Promise<RepairReport> =
  /* @__PURE__ */ repairer(runtime);
