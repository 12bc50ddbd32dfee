/** Browsers: the wasm is fetched beside this file, streaming. */

import { destroyer, opener, repairer, type Runtime } from '../client/open.js';

export * from '../public.js';

const runtime: Runtime = {
  wasm: () => new URL('./engine.wasm', import.meta.url),
  more: () => new URL('./engine.more.wasm', import.meta.url),
  worker: () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'dynatab' }),
  broker: () => new URL('./broker.js', import.meta.url),
  opfs: () => import('./opfs.js'),
};

/** Opens a database, creating it when it is not there. */
export const open = /* @__PURE__ */ opener(runtime);
/** Deletes a database that is not open. */
export const destroy = /* @__PURE__ */ destroyer(runtime);
/** Repairs a database that is not open, if anything is wrong with it. */
export const repair = /* @__PURE__ */ repairer(runtime);
