import type { Encryption, OpenOptions } from '../../../pkg/src/index.js';
import { equal, ok, rejects, SIMPLE, type Case, type Context } from './harness.js';

const newKey = async (): Promise<Encryption> => ({
  key: (await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ])) as CryptoKey,
});

/** A case on a database that is kept, which goes through these openings. */
function onKept(name: string, run: (context: Context, options: OpenOptions) => Promise<void>): Case {
  return {
    name,
    async run(context) {
      const { encryption: _, ...options } = context.env.fresh();
      if (!context.env.persistent) return;
      try {
        await run(context, options);
      } finally {
        await context.pkg.destroy(options);
      }
    },
  };
}

/** Opens, writes and closes. */
async function write({ pkg }: Context, options: OpenOptions, id: string): Promise<void> {
  const db = await pkg.open({ ...options, tables: [SIMPLE] });
  await db.documentClient().put({ TableName: 'simple', Item: { id } });
  await db.close();
}

/** The keys that are there. */
async function ids({ pkg }: Context, options: OpenOptions): Promise<unknown[]> {
  const db = await pkg.open(options);
  try {
    const { Items } = await db.documentClient().scan({ TableName: 'simple' });
    return Items!.map(({ id }) => id).sort();
  } finally {
    await db.close();
  }
}

export const encryption: Case[] = [
  onKept('an encrypted database opens with its key alone', async (context, options) => {
    const { pkg } = context;
    const right = await newKey();
    await write(context, { ...options, encryption: right }, 'a');
    await rejects(pkg.open(options), 'EncryptionKeyError', /encrypted: pass its key/);
    const wrong = { ...options, encryption: await newKey() };
    const error = await rejects(pkg.open(wrong), 'EncryptionKeyError', /another key/);
    ok(error instanceof pkg.EncryptionKeyError, 'the class of the error');
    await rejects(
      pkg.open({ ...options, encryption: { passphrase: 'x' } }),
      'EncryptionKeyError',
      /with a key, and not with a passphrase/,
    );
    await rejects(pkg.repair(options), 'EncryptionKeyError');
    await rejects(pkg.repair(wrong), 'EncryptionKeyError');
    equal((await pkg.repair({ ...options, encryption: right })).problems, []);
    await write(context, { ...options, encryption: right }, 'b');
    equal(await ids(context, { ...options, encryption: right }), ['a', 'b']);
  }),

  onKept('a passphrase opens what it encrypted, however it is typed', async (context, options) => {
    await write(context, { ...options, encryption: { passphrase: 'Schl\u00fcssel' } }, 'a');
    const wrong = { ...options, encryption: { passphrase: 'schluessel' } };
    await rejects(context.pkg.open(wrong), 'EncryptionKeyError', /another key/);
    equal(await ids(context, { ...options, encryption: { passphrase: 'Schlu\u0308ssel' } }), ['a']);
  }),

  onKept('another key takes the place of the first', async (context, options) => {
    const { pkg } = context;
    const [first, second] = [await newKey(), { passphrase: 'second' }];
    await write(context, { ...options, encryption: first }, 'a');
    const db = await pkg.open({ ...options, encryption: first });
    ok(db.encrypted, 'encrypted');
    await rejects(db.rekey({ passphrase: '' }), 'TypeError');
    await db.documentClient().put({ TableName: 'simple', Item: { id: 'b' } });
    await db.rekey(second);
    await db.documentClient().put({ TableName: 'simple', Item: { id: 'c' } });
    const third = await newKey();
    await db.rekey(third);
    await db.close();
    for (const encryption of [first, second])
      await rejects(pkg.open({ ...options, encryption }), 'EncryptionKeyError');
    equal(await ids(context, { ...options, encryption: third }), ['a', 'b', 'c']);
  }),

  onKept('what was not encrypted is not opened as if it were', async (context, options) => {
    const { pkg } = context;
    await write(context, options, 'a');
    const encryption = await newKey();
    await rejects(pkg.open({ ...options, encryption }), 'EncryptionKeyError', /is not encrypted/);
    const db = await pkg.open(options);
    equal(db.encrypted, false);
    await rejects(db.rekey(encryption), 'EncryptionKeyError', /no key to replace/);
    const dump = await new Response(db.dump()).arrayBuffer();
    await db.destroy();
    const loaded = await pkg.open({ ...options, encryption, load: dump });
    await loaded.close();
    equal(await ids(context, { ...options, encryption }), ['a']);
  }),

  {
    name: 'a key that cannot encrypt is an error that says what can',
    async run({ pkg, env }) {
      const only = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['decrypt']);
      const hmac = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
      for (const wrong of [
        null,
        {},
        { passphrase: '' },
        { key: only },
        { key: hmac },
        { key: 'secret' },
        'secret',
      ]) {
        const opening = pkg.open({ ...env.fresh(), encryption: wrong as Encryption });
        await rejects(opening, 'TypeError', /encryption: \{ key: a CryptoKey for AES-GCM/);
      }
    },
  },

  {
    name: 'in memory there is nothing to encrypt',
    async run({ pkg }) {
      const db = await pkg.open({ name: 'secret', storage: 'memory', encryption: await newKey() });
      equal(db.encrypted, false);
      await db.close();
    },
  },
];
