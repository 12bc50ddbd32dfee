// What browsers do to connections to IndexedDB, done to those of a page: an init script.

/**
 * Sets up `globalThis.faults`: `strike({ kind, mode, after })` lets the transaction of that mode after so many others fail. Kinds:
 *
 * - `closed`: the connection is closed, with a `close` event, as browsers do when storage is cleared or its process dies;
 * - `dead`: each transaction on this connection throws `InvalidStateError`, and no event ever says why (WebKit);
 * - `unknown`: it throws `UnknownError: Connection to Indexed Database server lost` (WebKit on phones);
 * - `aborted`: this one is aborted with that error, and what comes after it is as with `unknown`;
 * - `applied`: the same, but what it wrote was written;
 * - `silent`: it never ends, as far as the page is told, nor does any other on this connection;
 * - `refused`: one of its requests fails for no reason of its own (Firefox), and it with it.
 *
 * `openings`: so many openings from now on fail with Chromium's words for a storage that is away.
 */
export function faults() {
  const lost = () =>
    new DOMException(
      'Connection to Indexed Database server lost. Refresh the page to try again',
      'UnknownError',
    );
  const dead = new WeakMap();
  const silent = new WeakSet();
  const quiet = new WeakSet();
  const state = { struck: [], told: 0, openings: 0, next: undefined };
  globalThis.faults = { state, strike: (fault) => (state.next = { mode: 'readwrite', after: 0, ...fault }) };

  /** Handlers that the page sets on an object, kept from it. */
  const keep = (object, names) => {
    const handlers = {};
    for (const name of names)
      Object.defineProperty(object, name, { get: () => handlers[name], set: (f) => (handlers[name] = f) });
    return handlers;
  };
  const abort = (transaction, told) => {
    const ending = () => {
      try {
        transaction.abort();
      } catch {
        // It ended by itself.
      }
    };
    transaction.commit = ending;
    queueMicrotask(ending);
    transaction.addEventListener('abort', told);
  };

  const strike = {
    closed(database) {
      database.close();
      setTimeout(() => database.dispatchEvent(new Event('close')));
      return () => {
        throw new DOMException('The database connection is closing.', 'InvalidStateError');
      };
    },
    dead(database) {
      dead.set(database, () => new DOMException('The database connection is closing.', 'InvalidStateError'));
    },
    unknown(database) {
      dead.set(database, lost);
    },
    aborted(database, transaction) {
      dead.set(database, lost);
      const handlers = keep(transaction, ['oncomplete', 'onabort', 'onerror']);
      Object.defineProperty(transaction, 'error', { get: lost });
      abort(transaction, (event) => handlers.onabort?.(event));
    },
    applied(database, transaction) {
      dead.set(database, lost);
      const handlers = keep(transaction, ['oncomplete', 'onabort', 'onerror']);
      transaction.addEventListener('complete', () => {
        Object.defineProperty(transaction, 'error', { get: lost });
        handlers.onabort?.(new Event('abort'));
      });
    },
    silent(database, transaction) {
      quiet.add(database);
      silent.add(transaction);
      keep(transaction, ['oncomplete', 'onabort', 'onerror']);
    },
    refused(_, transaction) {
      const handlers = keep(transaction, ['oncomplete', 'onabort', 'onerror']);
      abort(transaction, () => handlers.onerror?.(new Event('error')));
    },
  };

  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (scope, mode, options) {
    if (dead.has(this)) {
      state.told++;
      throw dead.get(this)();
    }
    const made = () => transaction.call(this, scope, mode, options);
    if (quiet.has(this)) {
      const begun = made();
      strike.silent(this, begun);
      return begun;
    }
    const { next } = state;
    if (!this.name.startsWith('dynatab/') || !next || next.mode !== mode || next.after-- > 0) return made();
    state.next = undefined;
    state.struck.push(next.kind);
    if (next.kind === 'closed') strike.closed(this)();
    if (next.kind === 'dead' || next.kind === 'unknown') {
      strike[next.kind](this);
      throw dead.get(this)();
    }
    const begun = made();
    strike[next.kind](this, begun);
    return begun;
  };

  // Requests of what never ends never succeed.
  const success = Object.getOwnPropertyDescriptor(IDBRequest.prototype, 'onsuccess');
  Object.defineProperty(IDBRequest.prototype, 'onsuccess', {
    get: success.get,
    set(handler) {
      if (!silent.has(this.transaction)) success.set.call(this, handler);
    },
  });

  const { open } = IDBFactory.prototype;
  IDBFactory.prototype.open = function (...parameters) {
    if (state.openings > 0) {
      state.openings--;
      throw new DOMException('Internal error opening backing store for indexedDB.open.', 'UnknownError');
    }
    return open.apply(this, parameters);
  };
}
