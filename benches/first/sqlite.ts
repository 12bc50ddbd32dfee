/** From nothing to the first durable write: SQLite on OPFS, by its worker. */

import { report, ITEM } from './report.js';

await report(
  () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker('/sqlite-first.js', { type: 'module' });
      worker.onmessage = ({ data }) => (data === 'done' ? resolve() : reject(new Error(String(data))));
      worker.postMessage([ITEM.id, JSON.stringify(ITEM)]);
    }),
);
