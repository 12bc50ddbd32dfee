/** Changes as atomic operations, each within what Deno KV takes at once. */

import { BYTES, CHANGES, CHECKS, KEY_BYTES, type KvKey } from './kv.js';

/** A change of one entry. */
export interface Change {
  key: KvKey;
  /** What it becomes; `null`: deleted; absent: nothing changes. */
  value?: Uint8Array | null;
  /** It must not be there yet. */
  absent?: boolean;
}

/** Changes in groups that fit one operation each, beside the check of the owner. */
export function* portions(changes: Iterable<Change>, keyBytes: number): Generator<Change[]> {
  // The check of the owner.
  const begun = () => ({ changes: 0, checks: 1, bytes: 2 * keyBytes, keys: keyBytes });
  let spent = begun();
  let portion: Change[] = [];
  for (const change of changes) {
    const changed = change.value === undefined ? 0 : 1;
    const checked = change.absent ? 1 : 0;
    const bytes = 2 * keyBytes * (changed + checked) + (change.value?.length ?? 0);
    const keys = keyBytes * (changed + checked);
    const isFull =
      spent.changes + changed > CHANGES ||
      spent.checks + checked > CHECKS ||
      spent.bytes + bytes > BYTES ||
      spent.keys + keys > KEY_BYTES;
    if (isFull) {
      yield portion;
      portion = [];
      spent = begun();
    }
    spent.changes += changed;
    spent.checks += checked;
    spent.bytes += bytes;
    spent.keys += keys;
    portion.push(change);
  }
  if (portion.length > 0) yield portion;
}
