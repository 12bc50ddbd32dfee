/** For libraries: no wasm is referenced, the application passes it as `open({ wasm })`. */

import { destroyer, opener, repairer, type Runtime } from '../client/open.js';
import { EngineLoadError } from '../errors/index.js';

export * from '../public.js';

const runtime: Runtime = {
  wasm() {
    throw new EngineLoadError('dynatab/slim carries no engine: pass it as open({ wasm })');
  },
  more() {
    throw new EngineLoadError(
      'dynatab/slim carries no engine: this call needs its second file, dynatab/engine.more.wasm, as open({ more })',
    );
  },
  opfs: () => import('./opfs.js'),
};

/** Opens a database, creating it when it is not there. */
export const open = /* @__PURE__ */ opener(runtime);
/** Deletes a database that is not open. */
export const destroy = /* @__PURE__ */ destroyer(runtime);
/** Repairs a database that is not open, if anything is wrong with it. */
export const repair = /* @__PURE__ */ repairer(runtime);
