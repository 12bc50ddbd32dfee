/** Node and Bun: the wasm is read beside this file; there are files, and `serve`. */

import { destroyer, opener, repairer, type Runtime } from '../client/open.js';

export * from '../public.js';
export { serve } from '../serve/serve.js';
export type { ServeOptions, Served } from '../serve/serve.js';

async function beside(name: string): Promise<Uint8Array> {
  const { readFile } = await import('node:fs/promises');
  return readFile(new URL(name, import.meta.url));
}

const runtime: Runtime = {
  wasm: () => beside('./engine.wasm'),
  more: () => beside('./engine.more.wasm'),
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
