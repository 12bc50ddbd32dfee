/** The keys of tables and indexes, read from a table's description. */

import type { AttributeMap, KeySchemaElement, ScalarAttributeType, TableDescription } from 'dynatab';

export interface KeyAttribute {
  name: string;
  type: ScalarAttributeType;
}

export interface Keys {
  partition: KeyAttribute;
  sort?: KeyAttribute;
}

/** The keys of a table, or of one of its indexes. */
export function keysOf(table: TableDescription, index?: string): Keys {
  const found = index === undefined ? table : indexesOf(table).find((one) => one.IndexName === index);
  const schema = found?.KeySchema ?? [];
  const partition = attribute(table, schema, 'HASH') ?? { name: '', type: 'S' };
  const sort = attribute(table, schema, 'RANGE');
  return sort ? { partition, sort } : { partition };
}

function attribute(
  table: TableDescription,
  schema: KeySchemaElement[],
  type: string,
): KeyAttribute | undefined {
  const name = schema.find((element) => element.KeyType === type)?.AttributeName;
  if (name === undefined) return undefined;
  const definition = table.AttributeDefinitions?.find((one) => one.AttributeName === name);
  return { name, type: definition?.AttributeType ?? 'S' };
}

export function indexesOf(table: TableDescription) {
  return [...(table.GlobalSecondaryIndexes ?? []), ...(table.LocalSecondaryIndexes ?? [])];
}

/** The names of a table's keys: partition key first. */
export function keyNames(table: TableDescription, index?: string): string[] {
  const { partition, sort } = keysOf(table, index);
  return sort ? [partition.name, sort.name] : [partition.name];
}

/** The primary key of an item. */
export function keyOf(table: TableDescription, item: AttributeMap): AttributeMap {
  return Object.fromEntries(keyNames(table).flatMap((name) => (item[name] ? [[name, item[name]]] : [])));
}

export const TYPE_WORDS: Record<ScalarAttributeType, string> = { S: 'text', N: 'number', B: 'binary' };
