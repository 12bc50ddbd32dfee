/** The worker: opens the pool, makes the table, writes one row. */

onmessage = async ({ data }: MessageEvent<[string, string]>) => {
  try {
    const url = '/sqlite/index.mjs';
    const { default: init } = (await import(url)) as {
      default: () => Promise<{
        installOpfsSAHPoolVfs(
          options: object,
        ): Promise<{ OpfsSAHPoolDb: new (name: string) => { exec(sql: string | object): void } }>;
      }>;
    };
    const pool = await (
      await init()
    ).installOpfsSAHPoolVfs({ name: `first-${Date.now()}`, initialCapacity: 3 });
    const db = new pool.OpfsSAHPoolDb('/items.db');
    db.exec('CREATE TABLE items (id TEXT PRIMARY KEY, data TEXT)');
    db.exec({ sql: 'INSERT INTO items VALUES (?, ?)', bind: data });
    postMessage('done');
  } catch (error) {
    postMessage(String(error));
  }
};
