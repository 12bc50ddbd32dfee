/** What a page that uses a database holds in memory: everything a browser counts for it, its workers too. */

import { makeItems, partitionOf } from '../lib/items.js';
import { PEERS } from '../peers/all.js';

const COUNT = 10_000;
const GETS = 1000;

declare global {
  interface Performance {
    /** In Chromium, on pages that are isolated. */
    measureUserAgentSpecificMemory(): Promise<{ bytes: number }>;
  }
}

/** Bytes after the items were written, some of them got and a range read, beyond what the page had before. */
export async function memoryOf(name: string): Promise<number> {
  const peer = PEERS.map((make) => make()).find((one) => one.name === name);
  if (!peer) throw new Error(`no peer is called ${name}`);
  const { bytes: before } = await performance.measureUserAgentSpecificMemory();
  await peer.open();
  // Made and forgotten: what is counted is the database's, not ours.
  await peer.bulk(makeItems(0, COUNT));
  for (const { pk, sk } of makeItems(0, GETS)) await peer.get(pk, sk);
  await peer.range(partitionOf(5000));
  const { bytes } = await performance.measureUserAgentSpecificMemory();
  await peer.remove();
  return bytes - before;
}
