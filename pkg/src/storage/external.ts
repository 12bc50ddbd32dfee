/** What the engine keeps a database in where only JavaScript reaches it: the store contract of `src/platform/store.rs`. */

/** A space of values: 0 the log, 1 blocks, 2 the manifest and its parts. Ids are integers up to 2^53 - 1, each space's own. */
export type StoreSpace = 0 | 1 | 2;

/** One change of a commit. They take effect in their order. */
export type StoreWrite =
  /** The value must not exist yet; else the whole commit fails as `conflict`. */
  | readonly [kind: 'add', space: StoreSpace, id: number, value: Uint8Array]
  | readonly [kind: 'put', space: StoreSpace, id: number, value: Uint8Array]
  | readonly [kind: 'delete', space: StoreSpace, id: number]
  /** `end` is the first id that stays; it may be beyond the last id there can be. */
  | readonly [kind: 'deleteRange', space: StoreSpace, from: number, end: number];

/**
 * Values of at most 64,064 bytes by space and id. Calls may overlap: commits take effect in the order in which they are
 * made, and a read sees those that were made before it. What fails throws a `StoreFailure`; of anything else that a commit
 * throws it is taken that nobody knows whether it was written.
 */
export interface ExternalStore {
  /** The values of `ids`, in that order; `undefined` where absent. */
  read(space: StoreSpace, ids: Float64Array): Promise<(Uint8Array | undefined)[]>;
  /** Up to `limit` values with `from <= id < to`, ascending. */
  list(
    space: StoreSpace,
    from: number,
    to: number,
    limit: number,
  ): Promise<(readonly [id: number, value: Uint8Array])[]>;
  /**
   * Writes all or nothing, whatever its size. With `strict` it has survived the power when this resolves, and so has every
   * commit that ended before.
   */
  commit(writes: readonly StoreWrite[], strict: boolean): Promise<void>;
  /** Bytes used and allowed. */
  usage(): Promise<{ usage: number; quota?: number | undefined }>;
  /** Waits for what is under way; later calls fail as `closed`. */
  close(): Promise<void>;
}

/**
 * Why a call failed. `conflict`: an added value existed, and nothing was written. `aborted`: nothing was written, and the
 * store goes on. `full`: nothing was written for want of space. `unknown`: whether it was written is not known.
 */
export type FailureKind = 'conflict' | 'aborted' | 'full' | 'unknown' | 'closed';

export class StoreFailure extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StoreFailure';
    this.kind = kind;
  }
}
