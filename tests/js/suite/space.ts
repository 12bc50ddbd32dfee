import { equal, ok, withDatabase, withTables, type Case } from './harness.js';

export const space: Case[] = [
  withTables('a database tells what its place uses and how it is kept', async (doc, db, { env }) => {
    const before = await db.storage();
    equal(before.kind, db.persistence.kind);
    equal(before.kind === 'memory', !env.persistent, `kind ${before.kind}`);
    if (!env.persistent) {
      equal(before, { kind: 'memory' });
      return;
    }
    // What is not compressed.
    const noise = () => crypto.getRandomValues(new Uint8Array(20_000));
    for (let i = 0; i < 40; i++)
      await doc.put({ TableName: 'simple', Item: { id: `u${i}`, noise: noise() } });
    const { usage, quota, persisted, kind } = await db.storage();
    equal(kind, db.persistence.kind);
    // Pages that are no secure context are told nothing.
    const counts = env.label === 'files' || env.label === 'deno-kv';
    const tells = counts || globalThis.navigator?.storage?.estimate !== undefined;
    if (tells) ok(usage! > 0, `usage ${usage}`);
    // A browser's is an estimate, and a while old.
    if (counts) ok(usage! - before.usage! > 790_000, `usage ${before.usage}, then ${usage}`);
    ok(quota === undefined || quota >= usage!, `${usage} of ${quota}`);
    equal(persisted, counts || !tells ? undefined : kind === 'persistent');
  }),

  withDatabase('asking for persistence tells what is so afterwards', async (db) => {
    // Some browsers ask their user, who is not there.
    if (db.persistence.kind === 'best-effort') return;
    const { kind } = db.persistence;
    equal(await db.requestPersistence(), kind === 'persistent');
    equal(db.persistence.kind, kind);
  }),

  withTables('who listens for little space is told of none where there is enough', async (doc, db) => {
    const heard: unknown[] = [];
    const off = db.on('space', ({ usage, quota, free }) => heard.push([usage, quota, free]));
    await doc.put({ TableName: 'simple', Item: { id: 'a' } });
    const { usage, quota } = await db.storage();
    // The first look comes a tenth of a second after the write.
    await new Promise((done) => setTimeout(done, 300));
    // A machine may have little indeed.
    const left = usage === undefined || quota === undefined ? Infinity : quota - usage;
    if (left > 2 << 30) equal(heard, []);
    off();
  }),
];
