/** The worker that `open({ worker: true })` starts: the engine runs here. */

import { serveContext } from '../link/host/worker-main.js';
import { loadEngine, type WasmSource } from '../wasm.js';
import * as opfs from './opfs.js';

serveContext(
  self as never,
  (wasm, more) =>
    loadEngine({
      wasm: () => (wasm as WasmSource | undefined) ?? new URL('./engine.wasm', import.meta.url),
      more: () => (more as WasmSource | undefined) ?? new URL('./engine.more.wasm', import.meta.url),
    }),
  opfs,
);
