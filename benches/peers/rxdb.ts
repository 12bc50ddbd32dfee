/** RxDB on the storage it gives away: Dexie. */

import { createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import { freshName } from '../lib/peers.js';
import { jsonable, type Peer } from './peer.js';

const text = { type: 'string', maxLength: 40 };
const SCHEMA = {
  version: 0,
  primaryKey: { key: 'id', fields: ['pk', 'sk'], separator: '|' },
  type: 'object',
  properties: { id: { type: 'string', maxLength: 81 }, pk: text, sk: text },
  required: ['id', 'pk', 'sk'],
  indexes: [['pk', 'sk']],
  additionalProperties: true,
};

export function rxdb(name: string): Peer {
  let db: RxDatabase;
  let rows: RxCollection;
  const document = (item: Parameters<typeof jsonable>[0]) => ({
    ...jsonable(item),
    id: `${item.pk}|${item.sk}`,
  });
  return {
    name,
    async open() {
      db = await createRxDatabase({ name: freshName(), storage: getRxStorageDexie(), multiInstance: false });
      ({ rows } = (await db.addCollections({ rows: { schema: SCHEMA as never } })) as { rows: RxCollection });
    },
    bulk: async (items) => void (await rows.bulkInsert(items.map(document))),
    put: async (item) => void (await rows.upsert(document(item))),
    get: async (pk, sk) => (await rows.findOne(`${pk}|${sk}`).exec())?.toJSON(),
    async range(pk) {
      const found = await rows.find({ selector: { pk }, sort: [{ pk: 'asc' }, { sk: 'asc' }] }).exec();
      return found.map((row: { toJSON(): object }) => row.toJSON());
    },
    remove: async () => void (await db.remove()),
  };
}
