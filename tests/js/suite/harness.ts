// What a case of the suite is given, and how it says what it expects. Nothing here depends on a runtime.
import type * as api from '../../../pkg/src/index.js';

/** The package as a runtime imports it. */
export type Package = typeof import('../../../pkg/src/index.js');

/** Where the suite runs. */
export interface Env {
  /** Shown in names of tests. */
  label: string;
  /** Whether its databases are encrypted. */
  encrypted?: boolean;
  /** Whether data outlives `close`. */
  persistent: boolean;
  /** Options for a database that no other case uses; the same ones open it again. */
  fresh(): api.OpenOptions;
}

export interface Context {
  pkg: Package;
  env: Env;
}

export interface Case {
  name: string;
  run(context: Context): Promise<void>;
}

/** A case that needs a database to itself, which is destroyed afterwards. */
export function withDatabase(
  name: string,
  run: (db: api.Database, context: Context) => Promise<void>,
  options: Partial<api.OpenOptions> = {},
): Case {
  return {
    name,
    async run(context) {
      const db = await context.pkg.open({ ...context.env.fresh(), ...options });
      try {
        await run(db, context);
      } finally {
        await db.destroy();
      }
    },
  };
}

export const TABLE: api.CreateTableInput = {
  TableName: 'things',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'N' },
    { AttributeName: 'gk', AttributeType: 'S' },
    { AttributeName: 'lk', AttributeType: 'S' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'byGk',
      KeySchema: [{ AttributeName: 'gk', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  LocalSecondaryIndexes: [
    {
      IndexName: 'byLk',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'lk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST',
};

export const SIMPLE: api.CreateTableInput = {
  TableName: 'simple',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  BillingMode: 'PAY_PER_REQUEST',
};

/** A case over the two tables above. */
export function withTables(
  name: string,
  run: (doc: api.DocumentClient, db: api.Database, context: Context) => Promise<void>,
): Case {
  return withDatabase(name, (db, context) => run(db.documentClient(), db, context), {
    tables: [TABLE, SIMPLE],
  });
}

function show(value: unknown): string {
  return (
    JSON.stringify(value, (_, v: unknown) => {
      if (typeof v === 'bigint') return `${v}n`;
      if (v instanceof Set) return { set: [...v] };
      if (v instanceof Uint8Array) return { bytes: [...v] };
      if (v === undefined) return '<undefined>';
      return v;
    }) ?? String(value)
  );
}

/** Deep equality of data: sets without order, NaN equal to itself, prototypes of maps compared. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Date || b instanceof Date) return a instanceof Date && b instanceof Date && +a === +b;
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return (
      a instanceof Uint8Array &&
      b instanceof Uint8Array &&
      a.length === b.length &&
      a.every((x, i) => x === b[i])
    );
  }
  if (a instanceof Set || b instanceof Set) {
    if (!(a instanceof Set && b instanceof Set) || a.size !== b.size) return false;
    const rest = [...(b as Set<unknown>)];
    return [...(a as Set<unknown>)].every((x) => {
      const at = rest.findIndex((y) => same(x, y));
      if (at >= 0) rest.splice(at, 1);
      return at >= 0;
    });
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (k) =>
      Object.hasOwn(b, k) &&
      same(Object.getOwnPropertyDescriptor(a, k)!.value, Object.getOwnPropertyDescriptor(b, k)!.value),
  );
}

export function equal(actual: unknown, expected: unknown, what = ''): void {
  if (!same(actual, expected))
    throw new Error(`${what}${what ? ': ' : ''}expected ${show(expected)}, got ${show(actual)}`);
}

export function ok(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** The error a promise rejects with; its name, and its message when given, are as expected. */
export async function rejects(
  promise: Promise<unknown>,
  name: string,
  message?: string | RegExp,
): Promise<Error & Record<string, unknown>> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    ok(error instanceof Error, `rejected with no Error: ${show(error)}`);
    equal(error.name, name, `name of the error (${error.message})`);
    if (typeof message === 'string') equal(error.message, message, 'message');
    else if (message) ok(message.test(error.message), `message ${error.message} does not match ${message}`);
    return error as Error & Record<string, unknown>;
  }
  throw new Error(`expected ${name}, got ${show(value)}`);
}
