/** Deno: the wasm is a module that the runtime imports, which asks for no permission; files ask for theirs. */

import module from './engine.wasm';
import more from './engine.more.wasm';
import { destroyer, opener, repairer, type Runtime } from '../client/open.js';

export * from '../public.js';
export { serve } from '../serve/serve.js';
export type { ServeOptions, Served } from '../serve/serve.js';

const runtime: Runtime = {
  wasm: () => module as WebAssembly.Module,
  more: () => more as WebAssembly.Module,
  async files(path) {
    const { openDirectory } = await import('../storage/node-fs.js');
    return openDirectory(path);
  },
};

/** Opens a database, creating it when it is not there. */
export const open = /* @__PURE__ */ opener(runtime);
/** Deletes a database that is not open. */
export const destroy = /* @__PURE__ */ destroyer(runtime);
/** Repairs a database that is not open, if anything is wrong with it. */
export const repair = /* @__PURE__ */ repairer(runtime);
