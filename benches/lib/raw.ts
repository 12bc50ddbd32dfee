/** IndexedDB by hand, as fast as it goes: rows of bytes or native objects under keys of bytes. */

export type Durability = 'relaxed' | 'strict';

const STORE = 'rows';

export class Raw {
  private constructor(
    readonly name: string,
    private readonly database: IDBDatabase,
  ) {}

  static async open(name: string): Promise<Raw> {
    const request = indexedDB.open(name);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    return new Raw(name, await done(request));
  }

  /** One row in its own transaction; resolves when it is complete. */
  put(key: IDBValidKey, value: unknown, durability: Durability): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(STORE, 'readwrite', { durability });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error!);
      transaction.objectStore(STORE).put(value, key);
      transaction.commit();
    });
  }

  /** Many rows in one transaction. */
  putAll(rows: readonly (readonly [IDBValidKey, unknown])[], durability: Durability): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(STORE, 'readwrite', { durability });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error!);
      const store = transaction.objectStore(STORE);
      for (const [key, value] of rows) store.put(value, key);
      transaction.commit();
    });
  }

  /** One row, by a transaction of its own. */
  get(key: IDBValidKey): Promise<unknown> {
    return done(this.database.transaction(STORE, 'readonly').objectStore(STORE).get(key));
  }

  getAll(range: IDBKeyRange | undefined, count: number): Promise<unknown[]> {
    return done(this.database.transaction(STORE, 'readonly').objectStore(STORE).getAll(range, count));
  }

  close(): void {
    this.database.close();
  }

  async remove(): Promise<void> {
    this.close();
    await done(indexedDB.deleteDatabase(this.name));
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error!);
  });
}
