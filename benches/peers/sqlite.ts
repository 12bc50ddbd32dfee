/** The official SQLite on OPFS, called from the page: JSON texts to and from its worker. */

import { freshName } from '../lib/peers.js';
import type { Item } from '../lib/items.js';
import { jsonable, type Peer } from './peer.js';
import type { Request } from './sqlite-worker.js';

export function sqlite(name: string, synchronous: 'FULL' | 'OFF'): Peer {
  let worker: Worker;
  /** One call after the other, as everything here awaits each. */
  const call = <T>(request: Request) =>
    new Promise<T>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<{ value: T; error?: string }>) =>
        data.error ? reject(new Error(data.error)) : resolve(data.value);
      worker.postMessage(request);
    });
  const row = (item: Item): [string, string, string] => [item.pk, item.sk, JSON.stringify(jsonable(item))];
  return {
    name,
    async open() {
      worker = new Worker('/sqlite-worker.js', { type: 'module' });
      await call({ op: 'open', name: freshName(), synchronous });
    },
    bulk: (items) => call({ op: 'bulk', rows: items.map(row) }),
    put: (item) => call({ op: 'put', row: row(item) }),
    async get(pk, sk) {
      const text = await call<string | undefined>({ op: 'get', key: [pk, sk] });
      return text === undefined ? undefined : (JSON.parse(text) as object);
    },
    async range(pk) {
      return (await call<string[]>({ op: 'range', pk })).map((text) => JSON.parse(text) as object);
    },
    async remove() {
      await call({ op: 'remove' });
      worker.terminate();
    },
  };
}
