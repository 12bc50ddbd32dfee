/** The `tables` option of `open`: creates what is absent, compares what is there. */

import { ResourceInUseException, ResourceNotFoundException, SchemaMismatchError } from '../errors/index.js';
import type {
  AttributeDefinition,
  CreateTableInput,
  KeySchemaElement,
  Projection,
  TableDescription,
} from '../types.js';
import type { Client } from './low-level-client.js';

/** @throws SchemaMismatchError when a table exists with other keys, attribute types or indexes. */
export async function ensureTables(client: Client, tables: readonly CreateTableInput[]): Promise<void> {
  for (const wanted of tables) {
    const found = (await describe(client, wanted.TableName)) ?? (await create(client, wanted));
    const differences = compare(wanted, found);
    if (differences.length > 0) throw new SchemaMismatchError(String(wanted.TableName), differences);
  }
}

async function describe(
  client: Client,
  TableName: string | undefined,
): Promise<TableDescription | undefined> {
  try {
    return (await client.describeTable({ TableName })).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** Creates a table and waits until it can be used; another one may have created it in between. */
async function create(client: Client, wanted: CreateTableInput): Promise<TableDescription> {
  try {
    const billing: Partial<CreateTableInput> =
      wanted.BillingMode || wanted.ProvisionedThroughput ? {} : { BillingMode: 'PAY_PER_REQUEST' };
    await client.createTable({ ...wanted, ...billing });
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  for (;;) {
    const table = await describe(client, wanted.TableName);
    if (table && table.TableStatus !== 'CREATING') return table;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What differs between a wanted and a found table, a sentence each. */
export function compare(wanted: CreateTableInput, found: TableDescription): string[] {
  const differences: string[] = [];
  const check = (what: string, want: string, have: string) => {
    if (want !== have) differences.push(`${what}: expected ${want || 'none'}, found ${have || 'none'}`);
  };
  check('key schema', keys(wanted.KeySchema), keys(found.KeySchema));
  check('attribute definitions', types(wanted.AttributeDefinitions), types(found.AttributeDefinitions));
  for (const member of ['LocalSecondaryIndexes', 'GlobalSecondaryIndexes'] as const) {
    const kind = member === 'LocalSecondaryIndexes' ? 'local index' : 'global index';
    const want = byName(wanted[member]);
    const have = byName(found[member]);
    for (const name of new Set([...want.keys(), ...have.keys()])) {
      check(`${kind} ${name}`, want.get(name) ?? '', have.get(name) ?? '');
    }
  }
  return differences;
}

interface Index {
  IndexName?: string | undefined;
  KeySchema?: KeySchemaElement[] | undefined;
  Projection?: Projection | undefined;
}

function byName(indexes: readonly Index[] | undefined): Map<string, string> {
  return new Map(
    (indexes ?? []).map((index) => [
      String(index.IndexName),
      `${keys(index.KeySchema)} projecting ${projection(index.Projection)}`,
    ]),
  );
}

function keys(schema: readonly KeySchemaElement[] | undefined): string {
  return (schema ?? []).map((key) => `${key.AttributeName} ${key.KeyType}`).join(', ');
}

function types(definitions: readonly AttributeDefinition[] | undefined): string {
  return (definitions ?? [])
    .map((definition) => `${definition.AttributeName} ${definition.AttributeType}`)
    .sort()
    .join(', ');
}

function projection(wanted: Projection | undefined): string {
  const type = wanted?.ProjectionType ?? 'ALL';
  return [type, ...[...(wanted?.NonKeyAttributes ?? [])].sort()].join(' ');
}
