/** What every database that is measured can do, each as its documentation recommends. */

import type { Item } from '../lib/items.js';

export interface Peer {
  /** With the durability of its writes. */
  name: string;
  /** Opens an empty database with room for the items. */
  open(): Promise<void>;
  /** Writes all of `items` as fast as it goes. */
  bulk(items: readonly Item[]): Promise<void>;
  /** Writes one item; resolves when it is as durable as the name says. */
  put(item: Item): Promise<void>;
  /** One item by its key, as an object. */
  get(pk: string, sk: string): Promise<object | undefined>;
  /** All items of a partition key, in the order of their sort keys, as objects. */
  range(pk: string): Promise<object[]>;
  /** Closes and deletes the database. */
  remove(): Promise<void>;
}

/** Items for databases whose values are JSON: sets and bytes as arrays. */
export function jsonable(item: Item): Record<string, unknown> {
  return { ...item, tags: [...(item['tags'] as Set<string>)], blob: [...(item['blob'] as Uint8Array)] };
}
