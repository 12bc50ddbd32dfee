/** What runs inside the browser: every bench by its name. */

import type { Report } from './lib/rounds.js';
import { useDatabase } from './memory/use.js';
import { boundary } from './suites/boundary.js';
import { bulk } from './suites/bulk.js';
import { concurrent } from './suites/concurrent.js';
import { encryption } from './suites/encryption.js';
import { get } from './suites/get.js';
import { load } from './suites/load.js';
import { large, million } from './suites/million.js';
import { open } from './suites/open.js';
import { opfs } from './suites/opfs.js';
import { peers } from './suites/peers.js';
import { put } from './suites/put.js';
import { range } from './suites/range.js';
import { soak } from './suites/soak.js';
import { transactions } from './suites/transactions.js';

const BENCHES: Record<string, () => Promise<Report | Report[]>> = {
  put,
  concurrent,
  bulk,
  get,
  boundary,
  open,
  range,
  transactions,
  load,
  large,
  million,
  soak,
  peers,
  opfs,
  encryption,
};

declare global {
  interface Window {
    runBench(name: string): Promise<Report | Report[]>;
    useDatabase(name: string): Promise<void>;
  }
}

window.runBench = (name) => BENCHES[name]!();
window.useDatabase = useDatabase;
