/** A page that uses a database, in steps between which its memory is looked at from outside. */

import { makeItems, partitionOf } from '../lib/items.js';
import { PEERS } from '../peers/all.js';

const COUNT = 10_000;
const GETS = 1000;

/** Writes items, gets some of them and reads a range; the database stays open. */
export async function useDatabase(name: string): Promise<void> {
  const peer = PEERS.map((make) => make()).find((one) => one.name === name);
  if (!peer) throw new Error(`no peer is called ${name}`);
  await peer.open();
  // Made and forgotten: what stays is the database's, not ours.
  await peer.bulk(makeItems(0, COUNT));
  for (const { pk, sk } of makeItems(0, GETS)) await peer.get(pk, sk);
  await peer.range(partitionOf(5000));
  // The last one is held by the page, as an application would.
  globalThis.peerInUse = peer;
}

declare global {
  var peerInUse: object | undefined;
}
