// Dumps and loads: from every storage to every other, and nothing foreign gets in.
import type {
  Database,
  DumpSource,
  OpenOptions,
  Progress,
  ScanCommandOutput,
} from '../../../pkg/src/index.js';
import { equal, ok, rejects, SIMPLE, TABLE, withTables, type Case, type Context } from './harness.js';

/** All bytes of a stream, or its own error: that of a Response's body is another. */
async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
    parts.push(value);
  }
}

/** Some items with all that makes them hard, in two tables; one has time to live and tags. */
async function fill(db: Database, count = 60): Promise<void> {
  const doc = db.documentClient();
  const things = Array.from({ length: count }, (_, i) => ({
    ...{ pk: `p${i % 7}`, sk: i - 30.5, gk: `g${i % 3}`, lk: `l${i}`, set: new Set([i, -i - 1]) },
    ...{ bytes: new Uint8Array([i, 0, 255]), deep: { list: [null, true, 'ü', { x: 1e-9 }] } },
    ...(i % 20 === 0 ? { long: 'long '.repeat(20_000) } : {}),
  }));
  await Promise.all(things.map((Item) => doc.put({ TableName: 'things', Item })));
  await doc.put({ TableName: 'simple', Item: { id: 'one', until: 4_000_000_000 } });
  await doc.put({ TableName: 'simple', Item: { id: 'two' } });
  const low = db.client();
  const ttl = { Enabled: true, AttributeName: 'until' };
  await low.updateTimeToLive({ TableName: 'simple', TimeToLiveSpecification: ttl });
  const { Table } = await low.describeTable({ TableName: 'simple' });
  await low.tagResource({ ResourceArn: Table!.TableArn!, Tags: [{ Key: 'team', Value: 'blue' }] });
}

/** What can be seen of a database. */
async function picture(db: Database): Promise<unknown> {
  const [doc, low] = [db.documentClient(), db.client()];
  const seen: Record<string, unknown> = {};
  for (const TableName of (await low.listTables()).TableNames!) {
    const { Table } = await low.describeTable({ TableName });
    const { Tags } = await low.listTagsOfResource({ ResourceArn: Table!.TableArn! });
    const { TimeToLiveDescription } = await low.describeTimeToLive({ TableName });
    const reads = [undefined, 'byGk', 'byLk']
      .slice(0, TableName === 'things' ? 3 : 1)
      .map(async (IndexName) => {
        const items: unknown[] = [];
        let ExclusiveStartKey;
        do {
          const page: ScanCommandOutput = await doc.scan({ TableName, IndexName, ExclusiveStartKey });
          items.push(...page.Items!);
          ExclusiveStartKey = page.LastEvaluatedKey;
        } while (ExclusiveStartKey);
        return items;
      });
    seen[TableName] = { Table, Tags, TimeToLiveDescription, items: await Promise.all(reads) };
  }
  return seen;
}

/** Opens a database that no other case uses, gives it to `run`, and destroys it. */
async function opened(
  { pkg, env }: Context,
  options: Partial<OpenOptions>,
  run: (db: Database) => Promise<void>,
): Promise<void> {
  const db = await pkg.open({ ...env.fresh(), ...options });
  try {
    await run(db);
  } finally {
    await db.destroy();
  }
}

/** Loading fails, and the database is as if nobody had tried. */
async function refused(
  { pkg, env }: Context,
  load: DumpSource,
  name: string,
  message: string | RegExp,
): Promise<void> {
  const options = env.fresh();
  await rejects(pkg.open({ ...options, load }), name, message);
  const db = await pkg.open(options);
  equal((await db.client().listTables()).TableNames, []);
  await db.destroy();
}

export const dumps: Case[] = [
  withTables('a dump is loaded from every kind of source, packed or not', async (_, db, context) => {
    await fill(db);
    const wanted = await picture(db);
    const packed = new Uint8Array(await new Response(db.dump() as BodyInit).arrayBuffer());
    equal([packed[0], packed[1]], [0x1f, 0x8b], 'gzip');
    const plain = await bytesOf(db.client().dump({ compression: 'none' }));
    ok(plain.length > packed.length * 3, 'it is smaller packed');
    const slow = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < packed.length; at += 997) controller.enqueue(packed.subarray(at, at + 997));
        controller.close();
      },
    });
    const single = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of plain.subarray(0, 300)) controller.enqueue(new Uint8Array([byte]));
        controller.enqueue(plain.subarray(300));
        controller.close();
      },
    });
    const sources: DumpSource[] = [
      new Blob([packed as BlobPart]),
      packed,
      plain,
      packed.slice().buffer,
      slow,
      single,
      new Response(packed as BodyInit),
      db.documentClient().dump(),
    ];
    for (const load of sources) {
      await opened(context, { load }, async (copy) => equal(await picture(copy), wanted));
    }
    await opened(
      { ...context, env: { ...context.env, fresh: () => ({ name: 'copy' }) } },
      { storage: 'memory', load: packed },
      async (copy) => equal(await picture(copy), wanted),
    );
  }),

  withTables('what was loaded lasts, and is a database like any other', async (_, db, context) => {
    await fill(db);
    const wanted = await picture(db);
    const { pkg, env } = context;
    const options = env.fresh();
    let copy = await pkg.open({ ...options, load: db.dump(), tables: [TABLE, SIMPLE] });
    try {
      equal(await picture(copy), wanted);
      if (env.persistent) {
        await copy.close();
        copy = await pkg.open(options);
      }
      const doc = copy.documentClient();
      await doc.put({ TableName: 'things', Item: { pk: 'new', sk: 1, gk: 'g0' } });
      const found = await doc.query({
        ...{ TableName: 'things', IndexName: 'byGk', KeyConditionExpression: 'gk = :g' },
        ExpressionAttributeValues: { ':g': 'g0' },
      });
      equal(found.Count, 21);
      await doc.delete({ TableName: 'things', Key: { pk: 'new', sk: 1 } });
      equal(await picture(copy), wanted);
      // And so is a dump of it.
      await opened(context, { load: copy.dump() }, async (again) => equal(await picture(again), wanted));
    } finally {
      await copy.destroy();
    }
  }),

  withTables('a dump is of one moment, whatever is written meanwhile', async (doc, db, context) => {
    await fill(db, 400);
    const wanted = await picture(db);
    const reader = db.dump({ compression: 'none' }).getReader();
    const parts = [(await reader.read()).value!];
    for (;;) {
      const writes = [1, 2, 3].map((i) =>
        doc.put({ TableName: 'things', Item: { pk: `p${i}`, sk: parts.length, gk: 'late' } }),
      );
      await Promise.all([...writes, doc.delete({ TableName: 'things', Key: { pk: 'p0', sk: -30.5 } })]);
      if (parts.length === 2) await db.client().deleteTable({ TableName: 'simple' });
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
    }
    ok(parts.length > 3, `${parts.length} parts`);
    await opened(context, { load: new Blob(parts as BlobPart[]) }, async (copy) =>
      equal(await picture(copy), wanted),
    );
  }),

  withTables('progress counts items and their bytes, up to the totals', async (_, db, context) => {
    await fill(db);
    const { Table } = await db.client().describeTable({ TableName: 'things' });
    const check = (seen: Progress[]) => {
      const last = seen.at(-1)!;
      equal([last.items, last.totalItems], [62, 62]);
      equal(last.bytes, last.totalBytes);
      ok(last.bytes > Table!.TableSizeBytes!, 'bytes as in TableSizeBytes');
      ok(
        seen.every((one, i) => i === 0 || one.bytes >= seen[i - 1]!.bytes),
        'it never goes back',
      );
    };
    const dumped: Progress[] = [];
    const dump = await bytesOf(db.dump({ progress: (done) => void dumped.push(done) }));
    check(dumped);
    const loaded: Progress[] = [];
    const options = { load: dump, progress: (done: Progress) => void loaded.push(done) };
    await opened(context, options, async () => check(loaded));
    const failing = db.dump({
      progress() {
        throw new RangeError('mine');
      },
    });
    await rejects(bytesOf(failing), 'RangeError', 'mine');
  }),

  withTables('a dump that is given up lets go', async (doc, db, { pkg }) => {
    await fill(db);
    const controller = new AbortController();
    const reason = new RangeError('enough');
    for (const compression of ['gzip', 'none'] as const) {
      const aborted = db.dump({ signal: AbortSignal.abort(reason), compression });
      await rejects(bytesOf(aborted), 'RangeError', 'enough');
    }
    const stopped = db.dump({ signal: controller.signal, compression: 'none' }).getReader();
    await stopped.read();
    controller.abort(reason);
    await rejects(stopped.read(), 'RangeError', 'enough');
    await db.dump().cancel();
    const cancelled = db.dump({ compression: 'none' }).getReader();
    await cancelled.read();
    await cancelled.cancel();
    await doc.put({ TableName: 'simple', Item: { id: 'after' } });
    try {
      db.dump({ compression: 'zip' as never });
      ok(false, 'an unknown compression is refused');
    } catch (error) {
      equal((error as Error).message, 'compression: unknown value zip; use "gzip" or "none"');
    }
    equal(new pkg.DumpError('x').name, 'DumpError');
  }),

  withTables('a dump of a database that closes fails', async (_, db) => {
    await fill(db);
    const reader = db.dump({ compression: 'none' }).getReader();
    await reader.read();
    await db.close();
    await rejects(
      (async () => {
        while (!(await reader.read()).done);
      })(),
      'DatabaseClosedException',
    );
    await rejects(bytesOf(db.dump()), 'DatabaseClosedException');
  }),

  withTables(
    'files that are no dump, or not whole, are named, and nothing is kept',
    async (_, db, context) => {
      await fill(db);
      const packed = await bytesOf(db.dump());
      const plain = await bytesOf(db.dump({ compression: 'none' }));
      const with_ = (bytes: Uint8Array, at: number, value: number) => {
        const changed = bytes.slice();
        changed[at] = value;
        return changed;
      };
      const utf8 = new TextEncoder();
      await refused(context, utf8.encode('{"no": "dump"}'), 'DumpError', 'this is no dump of dynatab');
      await refused(context, new Uint8Array(0), 'DumpError', 'the dump is empty: it has no bytes');
      await refused(
        context,
        plain.subarray(0, 5000),
        'DumpError',
        /^the dump is cut off: it ends after 5000 bytes/,
      );
      await refused(context, packed.subarray(0, packed.length / 2), 'DumpError', /^the dump is .*cut off/);
      await refused(context, with_(plain, 8, 9), 'DumpError', /^a later version of dynatab wrote this dump/);
      const middle = plain.length >> 1;
      await refused(
        context,
        with_(plain, middle, plain[middle]! ^ 1),
        'DumpError',
        /^the dump is damaged: section at byte \d+: its checksum differs$/,
      );
      await refused(context, new Blob([plain as BlobPart, 'x']), 'DumpError', /bytes follow the end mark$/);
      const failing = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(plain.subarray(0, 20_000)),
        pull() {
          throw new RangeError('the network is gone');
        },
      });
      await refused(context, failing, 'RangeError', 'the network is gone');
      await refused(context, new Response('none', { status: 404 }), 'DumpError', /answered 404$/);
      await refused(
        context,
        'dump.gz' as never,
        'TypeError',
        'load: a Blob, a Uint8Array, a ReadableStream or a Response is needed',
      );
    },
  ),

  withTables('only a database without tables takes a dump', async (_, db, { pkg, env }) => {
    await fill(db);
    const dump = await bytesOf(db.dump());
    const options = env.fresh();
    if (!env.persistent) return;
    const there = await pkg.open({ ...options, tables: [SIMPLE] });
    await there.documentClient().put({ TableName: 'simple', Item: { id: 'mine' } });
    await there.close();
    await rejects(
      pkg.open({ ...options, load: dump }),
      'DatabaseNotEmptyError',
      'a dump is loaded into an empty database only, and this one has tables; delete them, or choose another',
    );
    const after = await pkg.open(options);
    equal((await after.documentClient().scan({ TableName: 'simple' })).Items, [{ id: 'mine' }]);
    await after.destroy();
  }),
];
