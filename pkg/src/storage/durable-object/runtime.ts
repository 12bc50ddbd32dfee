/** What is used of a Durable Object's storage, in words that need none of Cloudflare's types. */

/** `ctx.storage` of a Durable Object. */
export interface DurableStorage {
  get(keys: string[], options?: ReadOptions): Promise<Map<string, unknown>>;
  list(options?: ListOptions): Promise<Map<string, unknown>>;
  put(entries: Record<string, unknown>, options?: WriteOptions): Promise<void>;
  delete(keys: string[], options?: WriteOptions): Promise<number>;
  sync(): Promise<void>;
  transactionSync<T>(closure: () => T): T;
  getAlarm(): Promise<number | null>;
  setAlarm(time: number): Promise<void>;
  deleteAlarm(): Promise<void>;
  /** Where the class is not backed by SQLite, its calls throw. */
  readonly sql: Sql;
}

export interface Sql {
  exec(query: string, ...bindings: unknown[]): { raw(): Iterable<unknown[]> };
  /** Bytes of the whole object. */
  readonly databaseSize: number;
}

interface ReadOptions {
  /** Lets other events come in meanwhile. */
  allowConcurrency?: boolean;
  /** Keeps it out of the cache that the runtime has of its own. */
  noCache?: boolean;
}

interface ListOptions extends ReadOptions {
  start?: string;
  end?: string;
  reverse?: boolean;
  limit?: number;
}

interface WriteOptions {
  noCache?: boolean;
}

/** `ctx` of a Durable Object. */
export interface DurableState {
  readonly storage: DurableStorage;
}
