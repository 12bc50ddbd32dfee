/** What runs in the worker that has a context's engine. */

import type { EngineModule } from '../../wasm.js';
import type { EngineHost, HostedEngine } from './engine-host.js';
import { serveStore } from '../../storage/remote/serve-store.js';
import { repairFiles } from './repair-files.js';
import { filesTaken } from '../moved.js';
import { localHost } from './local-host.js';
import type { FromWorker, ToWorker } from './messages.js';

type Done = Extract<FromWorker, ['done', ...unknown[]]>[2];

/** The scope of a worker, as far as it is used. */
interface Scope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
}

/** Answers the context; `load` gives the engine's code, from where it says or from beside this file. */
export function serveContext(
  scope: Scope,
  load: (wasm: unknown, more: unknown) => Promise<EngineModule>,
  opfs: typeof import('../../entry/opfs.js'),
): void {
  let host: EngineHost | undefined;
  let code: (() => Promise<EngineModule>) | undefined;
  const engines = new Map<number, HostedEngine>();

  const ask = async (number: number, task: () => Promise<Done | void>): Promise<void> => {
    try {
      scope.postMessage(['done', number, (await task()) ?? undefined]);
    } catch (error) {
      const { name, message } = error as Error;
      scope.postMessage(['refused', number, name, message]);
    }
  };

  const open = async (number: number, options: Parameters<EngineHost['open']>[0]): Promise<HostedEngine> => {
    const engine = await host!.open(options, {
      event: (kind, detail) => scope.postMessage(['event', number, kind, detail]),
      failed: ({ name, message }) => scope.postMessage(['failed', number, message, name]),
      seen: () => scope.postMessage(['seen', number, engines.get(number)?.hasSuccessor ?? false]),
    });
    engines.set(number, engine);
    return engine;
  };

  /** Answers for the files of a database over a port, for an engine elsewhere. */
  const openStore = async (name: string, port: MessagePort): Promise<void> => {
    const loading = code!();
    loading.catch(() => undefined);
    let end: ((cause?: string) => void) | undefined;
    let isLost = false;
    const pool = await opfs.openFiles(name, {
      lost() {
        isLost = true;
        end?.();
      },
    });
    try {
      const module = await loading;
      const ask = await module.storage(pool.primitives);
      if (isLost) throw filesTaken();
      end = serveStore(port, ask, () => pool.release());
      module.watch(({ message }) => {
        pool.release();
        end?.(message);
      });
    } catch (error) {
      pool.release();
      throw isLost ? filesTaken() : error;
    }
  };

  scope.onmessage = ({ data }) => {
    const [kind, number] = data;
    switch (kind) {
      case 'code':
        code = () => load(data[1], data[2]);
        host = localHost(() => load(data[1], data[2]), { files: async () => opfs });
        return;
      case 'prepare':
        return host!.prepare(data[2]);
      case 'open':
        return void ask(number, async () => (await open(number, data[2])).settings);
      case 'store':
        return void ask(number, () => openStore(data[2], data[3]));
      case 'serve':
        return engines.get(number)?.serve(data[2]);
      case 'appoint':
        return engines.get(number)?.appoint();
      case 'drop':
        engines.get(number)?.drop(data[2]);
        return void engines.delete(number);
      case 'close':
        return void ask(number, async () => engines.get(number)?.close());
      case 'repair':
        return void ask(number, async () => repairFiles(await code!(), data[2], opfs));
      case 'destroy':
        return void ask(number, () => host!.destroy(data[2]));
    }
  };
}
