/** Anywhere: the wasm is inside this file, at the price of its size. The bundler turns the import into bytes. */

import bytes from '../../wasm/dynatab_bg.wasm';
import { destroyer, opener, type Runtime } from '../client/open.js';

export * from '../public.js';

const runtime: Runtime = { wasm: () => bytes as Uint8Array };

/** Opens a database, creating it when it is not there. */
export const open = /* @__PURE__ */ opener(runtime);
/** Deletes a database that is not open. */
export const destroy = /* @__PURE__ */ destroyer(runtime);
