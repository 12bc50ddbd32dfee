/** What runs in the worker that has a context's engine. */

import type { EngineModule } from '../../wasm.js';
import type { EngineHost, HostedEngine } from './engine-host.js';
import { localHost, type Opfs } from './local-host.js';
import { Moved } from '../moved.js';
import type { FromWorker, ToWorker } from './messages.js';

/** The scope of a worker, as far as it is used. */
interface Scope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
}

/** Answers the context; `load` gives the engine's code, from where it says or from beside this file. */
export function serveContext(
  scope: Scope,
  load: (wasm: unknown, more: unknown) => Promise<EngineModule>,
  opfs: Opfs,
): void {
  let host: EngineHost | undefined;
  const engines = new Map<number, HostedEngine>();

  const ask = async (number: number, task: () => Promise<HostedEngine | void>): Promise<void> => {
    try {
      const engine = await task();
      scope.postMessage(['done', number, engine?.settings]);
    } catch (error) {
      const { name, message } = error as Error;
      scope.postMessage(['refused', number, name, message]);
    }
  };

  const open = async (number: number, options: Parameters<EngineHost['open']>[0]): Promise<HostedEngine> => {
    const engine = await host!.open(options, {
      event: (kind, detail) => scope.postMessage(['event', number, kind, detail]),
      failed: (cause) => scope.postMessage(['failed', number, cause.message, cause instanceof Moved]),
      seen: () => scope.postMessage(['seen', number, engines.get(number)?.hasSuccessor ?? false]),
    });
    engines.set(number, engine);
    return engine;
  };

  scope.onmessage = ({ data }) => {
    const [kind, number] = data;
    switch (kind) {
      case 'code':
        host = localHost(
          () => load(data[1], data[2]),
          async () => opfs,
        );
        return host.prepare();
      case 'open':
        return void ask(number, () => open(number, data[2]));
      case 'serve':
        return engines.get(number)?.serve(data[2]);
      case 'appoint':
        return engines.get(number)?.appoint();
      case 'drop':
        engines.get(number)?.drop(data[2]);
        return void engines.delete(number);
      case 'close':
        return void ask(number, async () => engines.get(number)?.close());
      case 'destroy':
        return void ask(number, () => host!.destroy(data[2]));
    }
  };
}
