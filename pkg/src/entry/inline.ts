/** Anywhere: the wasm is inside this file as text, at the price of its size. The build gives the import its meaning. */

import first from 'engine:first';
import more from 'engine:more';
import { destroyer, opener, repairer, type Runtime } from '../client/open.js';
import * as opfs from './opfs.js';

export * from '../public.js';

function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const runtime: Runtime = { wasm: () => bytesOf(first), more: () => bytesOf(more), opfs: async () => opfs };

/** Opens a database, creating it when it is not there. */
export const open = /* @__PURE__ */ opener(runtime);
/** Deletes a database that is not open. */
export const destroy = /* @__PURE__ */ destroyer(runtime);
/** Repairs a database that is not open, if anything is wrong with it. */
export const repair = /* @__PURE__ */ repairer(runtime);
