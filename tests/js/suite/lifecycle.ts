import type { Database } from '../../../pkg/src/index.js';
import { equal, ok, rejects, SIMPLE, TABLE, withDatabase, withTables, type Case } from './harness.js';

export const lifecycle: Case[] = [
  {
    name: 'data outlives the database where the storage does',
    async run({ pkg, env }) {
      const options = { ...env.fresh(), tables: [SIMPLE, TABLE] };
      const db = await pkg.open(options);
      equal(
        db.persistence.kind === 'memory',
        !env.persistent,
        `persistence ${JSON.stringify(db.persistence)}`,
      );
      ok(db.persistence.reason.length > 0, 'a reason is given');
      const Item = { id: 'kept', n: 1, set: new Set(['a']), deep: { list: [1, null, 'ü'] } };
      const doc = db.documentClient();
      await doc.put({ TableName: 'simple', Item });
      await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          doc.put({ TableName: 'things', Item: { pk: 'p', sk: i, gk: 'g' } }),
        ),
      );
      await doc.delete({ TableName: 'things', Key: { pk: 'p', sk: 7 } });
      await db.close();
      const again = await pkg.open(options);
      try {
        const after = again.documentClient();
        equal(
          (await after.get({ TableName: 'simple', Key: { id: 'kept' } })).Item,
          env.persistent ? Item : undefined,
        );
        const byGk = await after.query({
          TableName: 'things',
          IndexName: 'byGk',
          KeyConditionExpression: 'gk = :g',
          ExpressionAttributeValues: { ':g': 'g' },
        });
        equal(byGk.Count, env.persistent ? 49 : 0);
      } finally {
        await again.destroy();
      }
    },
  },

  withTables('a database can be verified', async (doc, db) => {
    const puts = Array.from({ length: 60 }, (_, i) =>
      doc.put({ TableName: 'things', Item: { pk: `p${i % 7}`, sk: i, gk: 'g', text: 'x'.repeat(i * 400) } }),
    );
    await Promise.all(puts);
    await doc.delete({ TableName: 'things', Key: { pk: 'p0', sk: 7 } });
    const { tables, items, indexEntries, problems, moreProblems, blocks, bytes } = await db.verify();
    equal(
      { tables, items, indexEntries, problems, moreProblems },
      { tables: 2, items: 59, indexEntries: 59, problems: [], moreProblems: 0 },
    );
    ok(db.persistence.kind === 'memory' ? blocks === 0 : blocks > 0 && bytes > 1000, `${blocks} ${bytes}`);
  }),

  {
    name: 'a sound database is not repaired, and one in memory cannot be',
    async run({ pkg, env }) {
      const options = { ...env.fresh(), tables: [SIMPLE] };
      const db = await pkg.open(options);
      for (let i = 0; i < 9; i++)
        await db.documentClient().put({ TableName: 'simple', Item: { id: `k${i}` } });
      if (!env.persistent) {
        await rejects(pkg.repair({ ...options, storage: 'memory' }), 'StorageUnavailableError');
        await db.destroy();
        return;
      }
      await rejects(pkg.repair(options), 'DatabaseLockedError');
      await db.close();
      const { repaired, items, problems } = await pkg.repair(options);
      equal({ repaired, items, problems }, { repaired: false, items: 9, problems: [] });
      const again = await pkg.open(options);
      equal((await again.documentClient().scan({ TableName: 'simple' })).Count, 9);
      await again.destroy();
    },
  },

  {
    name: 'options that mean nothing are refused by their name',
    async run({ pkg, env }) {
      const opening = (more: object) => pkg.open({ ...env.fresh(), ...more });
      await rejects(opening({ region: 5 }), 'TypeError', 'region: a string is needed');
      await rejects(opening({ accountId: {} }), 'TypeError', 'accountId: a string is needed');
      for (const cacheBytes of [-1, NaN, '1']) {
        await rejects(
          opening({ cacheBytes }),
          'TypeError',
          'cacheBytes: a number that is not negative is needed',
        );
      }
      if (env.persistent) {
        await rejects(
          opening({ durability: 'later' }),
          'TypeError',
          'durability: unknown value later; use "relaxed", "strict" or "memory"',
        );
      }
      const db = await opening({ region: 'eu-west-1', accountId: '123456789012' });
      await db.client().createTable(SIMPLE);
      const { Table } = await db.client().describeTable({ TableName: 'simple' });
      equal(Table?.TableArn, 'arn:aws:dynamodb:eu-west-1:123456789012:table/simple');
      await db.destroy();
    },
  },

  {
    name: 'writes in flight at close are kept or refused, never lost after their answer',
    async run({ pkg, env }) {
      const options = { ...env.fresh(), tables: [SIMPLE] };
      const db = await pkg.open(options);
      const doc = db.documentClient();
      const writes = Array.from({ length: 100 }, (_, i) =>
        doc.put({ TableName: 'simple', Item: { id: `w${i}` } }).then(
          () => i,
          () => undefined,
        ),
      );
      await db.close();
      const kept = (await Promise.all(writes)).filter((i) => i !== undefined);
      await rejects(doc.get({ TableName: 'simple', Key: { id: 'w0' } }), 'DatabaseClosedException');
      const again = await pkg.open(options);
      try {
        if (!env.persistent) return;
        const client = again.documentClient();
        for (const i of kept)
          equal((await client.get({ TableName: 'simple', Key: { id: `w${i}` } })).Item, { id: `w${i}` });
      } finally {
        await again.destroy();
      }
    },
  },

  {
    name: 'a destroyed database starts empty',
    async run({ pkg, env }) {
      const options = env.fresh();
      const db = await pkg.open({ ...options, tables: [SIMPLE] });
      await db.documentClient().put({ TableName: 'simple', Item: { id: 'a' } });
      await db.destroy();
      const again = await pkg.open(options);
      equal((await again.client().listTables()).TableNames, []);
      await again.close();
      await pkg.destroy(options);
    },
  },

  {
    name: 'databases of different names share nothing',
    async run({ pkg, env }) {
      const one = await pkg.open({ ...env.fresh(), tables: [SIMPLE] });
      const two = await pkg.open(env.fresh());
      await one.documentClient().put({ TableName: 'simple', Item: { id: 'a' } });
      equal((await two.client().listTables()).TableNames, []);
      equal((await one.documentClient().scan({ TableName: 'simple' })).Count, 1);
      await Promise.all([one.destroy(), two.destroy()]);
    },
  },

  {
    name: 'wrong options are refused',
    async run({ pkg, env }) {
      await rejects(pkg.open({} as never), 'TypeError', /name/);
      await rejects(
        pkg.open({ ...env.fresh(), storage: 'disk' as never, path: undefined }),
        'TypeError',
        /storage/,
      );
    },
  },

  withTables('commands are sent', async (doc, db, { pkg }) => {
    await doc.send(new pkg.PutCommand({ TableName: 'simple', Item: { id: 'c', s: new Set([1]) } }));
    equal((await doc.send(new pkg.GetCommand({ TableName: 'simple', Key: { id: 'c' } }))).Item, {
      id: 'c',
      s: new Set([1]),
    });
    equal((await doc.send(new pkg.GetItemCommand({ TableName: 'simple', Key: { id: { S: 'c' } } }))).Item, {
      id: { S: 'c' },
      s: { NS: ['1'] },
    });
    equal((await db.client().send(new pkg.ScanItemsCommand({ TableName: 'simple' }))).Items, [
      { id: { S: 'c' }, s: { NS: ['1'] } },
    ]);
  }),

  withTables('an aborted call rejects and harms nothing', async (doc) => {
    await rejects(
      doc.get({ TableName: 'simple', Key: { id: 'a' } }, { abortSignal: AbortSignal.abort() }),
      'AbortError',
    );
    const controller = new AbortController();
    const write = doc
      .put({ TableName: 'simple', Item: { id: 'a' } }, { abortSignal: controller.signal })
      .catch((e: Error) => e.name);
    controller.abort();
    ok(
      ['AbortError', undefined].includes(
        typeof (await write) === 'string' ? ((await write) as string) : undefined,
      ),
      'aborted or done',
    );
    await doc.put({ TableName: 'simple', Item: { id: 'b' } });
    equal((await doc.get({ TableName: 'simple', Key: { id: 'b' } })).Item, { id: 'b' });
  }),

  withTables('a getter that calls the client corrupts nothing', async (doc) => {
    let inner: Promise<unknown> | undefined;
    await doc.put({
      TableName: 'simple',
      Item: {
        id: 'outer',
        get tricky() {
          inner ??= doc.put({ TableName: 'simple', Item: { id: 'inner', x: 'y'.repeat(50_000) } });
          return 'value';
        },
        after: 'z',
      },
    });
    await inner;
    equal((await doc.get({ TableName: 'simple', Key: { id: 'outer' } })).Item, {
      id: 'outer',
      tricky: 'value',
      after: 'z',
    });
    equal(
      ((await doc.get({ TableName: 'simple', Key: { id: 'inner' } })).Item?.['x'] as string).length,
      50_000,
    );
  }),

  withDatabase('fetch answers what is signed, packed or not', async (db) => {
    const utf8 = new TextEncoder();
    const hex = (bytes: ArrayBuffer) =>
      Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
    const sha256 = async (bytes: Uint8Array) =>
      hex(await crypto.subtle.digest('SHA-256', bytes as BufferSource));
    const hmac = async (key: BufferSource, text: string) => {
      const hash = { name: 'HMAC', hash: 'SHA-256' };
      const imported = await crypto.subtle.importKey('raw', key, hash, false, ['sign']);
      return crypto.subtle.sign('HMAC', imported, utf8.encode(text));
    };
    const packed = async (body: Uint8Array) => {
      const stream = new Response(body as BodyInit).body!.pipeThrough(new CompressionStream('gzip'));
      return new Uint8Array(await new Response(stream).arrayBuffer());
    };
    const ask = async (
      secret: string | undefined,
      pack: boolean,
    ): Promise<[number, Record<string, unknown>]> => {
      const plain = utf8.encode('{"Limit":5}');
      const body = pack ? await packed(plain) : plain;
      const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
      const scope = [date.slice(0, 8), 'eu-north-1', 'dynamodb', 'aws4_request'];
      const target = 'DynamoDB_20120810.ListTables';
      const names = 'host;x-amz-date;x-amz-target';
      const canonical = `POST\n/\n\nhost:t.example\nx-amz-date:${date}\nx-amz-target:${target}\n\n${names}\n${await sha256(body)}`;
      let key: BufferSource = utf8.encode(`AWS4${secret}`);
      for (const part of scope) key = await hmac(key, part);
      const text = `AWS4-HMAC-SHA256\n${date}\n${scope.join('/')}\n${await sha256(utf8.encode(canonical))}`;
      const headers: Record<string, string> = {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': target,
        'x-amz-date': date,
      };
      if (pack) headers['content-encoding'] = 'gzip';
      if (secret !== undefined) {
        headers['authorization'] =
          `AWS4-HMAC-SHA256 Credential=ID/${scope.join('/')}, SignedHeaders=${names}, Signature=${hex(await hmac(key, text))}`;
      }
      const request = new Request('https://t.example/', { method: 'POST', headers, body: body as BodyInit });
      const accessKeys = [{ accessKeyId: 'ID', secretAccessKey: 'right' }];
      const response = await db.fetch(request, { accessKeys });
      return [response.status, (await response.json()) as Record<string, unknown>];
    };
    // Where the runtime can pack, it can unpack.
    for (const pack of typeof CompressionStream === 'undefined' ? [false] : [false, true]) {
      equal(await ask('right', pack), [200, { TableNames: [] }], `packed: ${pack}`);
      const [status, { __type }] = await ask('wrong', pack);
      equal([status, __type], [400, 'com.amazon.coral.service#InvalidSignatureException']);
    }
    const [, { __type }] = await ask(undefined, false);
    equal(__type, 'com.amazon.coral.service#MissingAuthenticationTokenException');
  }),

  withDatabase('the wire protocol is answered through fetch', async (db) => {
    const ask = (target: string, body: string, init: RequestInit = {}): Promise<Response> =>
      db.fetch(
        new Request('http://localhost/', {
          method: 'POST',
          headers: {
            'x-amz-target': `DynamoDB_20120810.${target}`,
            'content-type': 'application/x-amz-json-1.0',
          },
          body,
          ...init,
        }),
      );
    const created = await ask('CreateTable', JSON.stringify(SIMPLE));
    equal(created.status, 200);
    equal(created.headers.get('content-type'), 'application/x-amz-json-1.0');
    equal(
      created.headers.get('x-amz-crc32'),
      String(crc32(new Uint8Array(await created.clone().arrayBuffer()))),
    );
    ok(
      typeof ((await created.json()) as { TableDescription: { CreationDateTime: number } }).TableDescription
        .CreationDateTime === 'number',
      'a time is a number on the wire',
    );
    await ask('PutItem', '{"TableName":"simple","Item":{"id":{"S":"w"},"b":{"B":"AAEC"},"n":{"N":"1.50"}}}');
    const got = await ask('GetItem', '{"TableName":"simple","Key":{"id":{"S":"w"}}}');
    equal(await got.json(), { Item: { id: { S: 'w' }, b: { B: 'AAEC' }, n: { N: '1.5' } } });
    equal((await db.documentClient().get({ TableName: 'simple', Key: { id: 'w' } })).Item, {
      id: 'w',
      b: new Uint8Array([0, 1, 2]),
      n: 1.5,
    });
    const missing = await ask('GetItem', '{"TableName":"nope","Key":{"id":{"S":"w"}}}');
    equal(
      [missing.status, await missing.json()],
      [
        400,
        {
          __type: 'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException',
          message: 'Requested resource not found',
        },
      ],
    );
    const broken = await ask('GetItem', '{');
    equal(
      [broken.status, ((await broken.json()) as { __type: string }).__type],
      [400, 'com.amazon.coral.service#SerializationException'],
    );
    const unknown = await ask('Nothing', '{}');
    equal(
      [unknown.status, ((await unknown.json()) as { __type: string }).__type],
      [400, 'com.amazon.coral.service#UnknownOperationException'],
    );
  }),

  withDatabase('both doors lead to one room', async (db: Database) => {
    // The same item through the native client, the low-level client and the wire is the same bytes to the engine.
    await db.client().createTable(SIMPLE);
    await db
      .documentClient()
      .put({
        TableName: 'simple',
        Item: { id: 'x', n: 1.5, s: new Set(['b', 'a']), m: { z: 1, a: [true] } },
      });
    const condition = {
      TableName: 'simple',
      Item: { id: { S: 'x' }, seen: { BOOL: true } },
      ConditionExpression: 'n = :n AND s = :s AND m = :m',
      ExpressionAttributeValues: {
        ':n': { N: '15e-1' },
        ':s': { SS: ['a', 'b'] },
        ':m': { M: { a: { L: [{ BOOL: true }] }, z: { N: '1.0' } } },
      },
    };
    const handler = db.handler();
    const { response } = await handler.handle({
      method: 'POST',
      path: '/',
      headers: { 'X-Amz-Target': 'DynamoDB_20120810.PutItem', 'content-type': 'application/x-amz-json-1.0' },
      body: JSON.stringify(condition),
    });
    equal(response.statusCode, 200, new TextDecoder().decode(response.body));
    equal((await db.documentClient().get({ TableName: 'simple', Key: { id: 'x' } })).Item, {
      id: 'x',
      seen: true,
    });
  }),
];

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
