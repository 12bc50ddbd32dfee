/** Deno KV as far as it is used, and its limits. Structural, so that nothing needs Deno's types; a `Deno.Kv` is one. */

export type KvKey = readonly (string | number)[];

/** An entry; one that is absent has neither value nor versionstamp. */
export interface KvEntry {
  key: readonly unknown[];
  value: unknown;
  versionstamp: string | null;
}

/** An entry must still have this versionstamp, `null`: be absent; else nothing of the operation happens. */
export interface KvCheck {
  key: KvKey;
  versionstamp: string | null;
}

/** Changes that happen together. */
export interface KvAtomic {
  check(...checks: KvCheck[]): KvAtomic;
  set(key: KvKey, value: unknown): KvAtomic;
  delete(key: KvKey): KvAtomic;
  commit(): Promise<{ ok: boolean; versionstamp?: string }>;
}

/** A `Deno.Kv`. */
export interface DenoKv {
  getMany(keys: readonly KvKey[]): Promise<KvEntry[]>;
  list(
    selector: { start: KvKey; end: KvKey },
    options: { limit: number; batchSize: number },
  ): AsyncIterable<KvEntry>;
  atomic(): KvAtomic;
  close(): void;
}

/** Keys that one read may ask for. */
export const READS = 10;
/** Entries that a listing fetches at a time. Up to 500 are allowed; of the largest values these are 8 MB. */
export const LISTED = 128;
/** Changes of one atomic operation. */
export const CHANGES = 1000;
/** Checks of one atomic operation: Deno takes a hundred, the server `denokv` ten. */
export const CHECKS = 10;
/** Bytes of one atomic operation, of its keys (which count twice) and values: Deno takes 819,200. */
export const BYTES = 810_000;
/** Bytes of the keys of one atomic operation: 81,920 where there is such a limit. */
export const KEY_BYTES = 80_000;
/** Bytes of a key: Deno takes 2,048. */
export const KEY = 2_000;
/** Bytes of a value that is not one of the engine's: Deno takes 65,536. */
export const VALUE = 60_000;
