/** SQLite's worker: its OPFS pool works in a worker only. Statements are prepared once. */

interface Statement {
  bind(values: readonly unknown[]): Statement;
  step(): boolean;
  get(column: number): unknown;
  reset(): Statement;
}
interface Base {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}
interface Pool {
  OpfsSAHPoolDb: new (name: string) => Base;
  removeVfs(): Promise<boolean>;
}

export type Request =
  | { op: 'open'; name: string; synchronous: 'FULL' | 'OFF' }
  | { op: 'bulk'; rows: [string, string, string][] }
  | { op: 'put'; row: [string, string, string] }
  | { op: 'get'; key: [string, string] }
  | { op: 'range'; pk: string }
  | { op: 'remove' };

let base: Base;
let pool: Pool;
let insert: Statement;
let byKey: Statement;
let byPartition: Statement;

function write(row: readonly unknown[]): void {
  insert.bind(row).step();
  insert.reset();
}

async function answer(request: Request): Promise<unknown> {
  switch (request.op) {
    case 'open': {
      // As it is published, beside its wasm.
      const url = '/sqlite/index.mjs';
      const { default: init } = (await import(url)) as {
        default: () => Promise<{ installOpfsSAHPoolVfs(options: object): Promise<Pool> }>;
      };
      pool = await (await init()).installOpfsSAHPoolVfs({ name: request.name, initialCapacity: 6 });
      base = new pool.OpfsSAHPoolDb('/items.db');
      base.exec(`PRAGMA synchronous = ${request.synchronous}`);
      base.exec('CREATE TABLE items (pk TEXT, sk TEXT, data TEXT, PRIMARY KEY (pk, sk)) WITHOUT ROWID');
      insert = base.prepare('INSERT OR REPLACE INTO items VALUES (?, ?, ?)');
      byKey = base.prepare('SELECT data FROM items WHERE pk = ? AND sk = ?');
      byPartition = base.prepare('SELECT data FROM items WHERE pk = ? ORDER BY sk');
      return undefined;
    }
    case 'bulk':
      base.exec('BEGIN');
      for (const row of request.rows) write(row);
      base.exec('COMMIT');
      return undefined;
    case 'put':
      return write(request.row);
    case 'get': {
      const found = byKey.bind(request.key).step() ? byKey.get(0) : undefined;
      byKey.reset();
      return found;
    }
    case 'range': {
      const found: unknown[] = [];
      byPartition.bind([request.pk]);
      while (byPartition.step()) found.push(byPartition.get(0));
      byPartition.reset();
      return found;
    }
    case 'remove':
      base.close();
      return pool.removeVfs();
  }
}

onmessage = async ({ data }: MessageEvent<Request>) => {
  try {
    postMessage({ value: await answer(data) });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
