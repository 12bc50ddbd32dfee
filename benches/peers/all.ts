/** Every database that is measured in the page. */

import { dexie } from './dexie.js';
import { dynatab } from './dynatab.js';
import type { Peer } from './peer.js';
import { pglite } from './pglite.js';
import { raw } from './raw.js';
import { rxdb } from './rxdb.js';
import { sqlite } from './sqlite.js';

export const OURS = 'dynatab, IndexedDB relaxed';
export const SQLITE = 'sqlite-wasm, OPFS FULL';
export const PGLITE = 'PGlite, IndexedDB relaxed';
export const DEXIE = 'Dexie, relaxed';
export const RXDB = 'RxDB, Dexie storage';
export const RAW = 'raw IndexedDB, relaxed';

export const PEERS: (() => Peer)[] = [
  () => dynatab(OURS, {}),
  () => dynatab('dynatab, IndexedDB strict', { durability: 'strict' }),
  () => dynatab('dynatab, memory', { storage: 'memory' }),
  () => raw(RAW, 'relaxed'),
  () => raw('raw IndexedDB, strict', 'strict'),
  () => dexie(DEXIE, 'relaxed'),
  () => rxdb(RXDB),
  () => pglite(PGLITE, true),
  () => pglite('PGlite, IndexedDB strict', false),
  () => sqlite(SQLITE, 'FULL'),
  () => sqlite('sqlite-wasm, OPFS OFF', 'OFF'),
];
