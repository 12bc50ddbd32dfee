/** Opening the page's database, and waiting for tables to settle. */

import { open, type Client, type CreateTableInput, type Database, type TableDescription } from 'dynatab';

/** `?db=name` opens another database than the usual one. */
export const NAME = new URLSearchParams(location.search).get('db') || 'playground';

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

/** Opens the database. */
export const openDatabase = (): Promise<Database> => open({ name: NAME });

/** Every table, described. */
export async function listTables(client: Client): Promise<TableDescription[]> {
  const names: string[] = [];
  for (let from: string | undefined; ;) {
    const output = await client.listTables(from === undefined ? {} : { ExclusiveStartTableName: from });
    names.push(...(output.TableNames ?? []));
    from = output.LastEvaluatedTableName;
    if (from === undefined) break;
  }
  const tables = await Promise.all(names.map((name) => describe(client, name)));
  return tables.filter((table) => table !== undefined);
}

/** A table's description, or undefined when there is no such table. */
export async function describe(client: Client, name: string): Promise<TableDescription | undefined> {
  try {
    return (await client.describeTable({ TableName: name })).Table;
  } catch (error) {
    if ((error as Error).name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

/** Creates a table and waits until it takes writes. */
export async function createTable(client: Client, input: CreateTableInput): Promise<void> {
  await client.createTable(input);
  while ((await describe(client, String(input.TableName)))?.TableStatus === 'CREATING') await pause(20);
}

/** Deletes a table and waits until it is gone. */
export async function deleteTable(client: Client, name: string): Promise<void> {
  await client.deleteTable({ TableName: name });
  while (await describe(client, name)) await pause(20);
}
