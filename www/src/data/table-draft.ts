/** A table as its form holds it, and the request that makes it. */

import type { CreateTableInput, ScalarAttributeType } from 'dynatab';
import type { KeyAttribute } from './schema.js';

export interface KeysDraft {
  partition: KeyAttribute;
  /** Without a name there is none. */
  sort: KeyAttribute;
}

export type Projection = 'ALL' | 'KEYS_ONLY' | 'INCLUDE';

export interface IndexDraft extends KeysDraft {
  indexName: string;
  /** A local index shares the partition key of its table. */
  local: boolean;
  projection: Projection;
  /** Names of included attributes, by commas. */
  included: string;
}

export interface TableDraft extends KeysDraft {
  name: string;
  indexes: IndexDraft[];
  provisioned: boolean;
  read: number;
  write: number;
  tableClass: 'STANDARD' | 'STANDARD_INFREQUENT_ACCESS';
  deletionProtection: boolean;
  /** What records of the stream hold; none without. */
  stream: '' | 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES';
  /** `key=value`, a line each. */
  tags: string;
}

const keys = (partition = ''): KeysDraft => ({
  partition: { name: partition, type: 'S' },
  sort: { name: '', type: 'S' },
});

export const blankTable = (): TableDraft => ({
  ...keys('id'),
  name: '',
  indexes: [],
  provisioned: false,
  read: 5,
  write: 5,
  tableClass: 'STANDARD',
  deletionProtection: false,
  stream: '',
  tags: '',
});

export const blankIndex = (): IndexDraft => ({
  ...keys(),
  indexName: '',
  local: false,
  projection: 'ALL',
  included: '',
});

function schema({ partition, sort }: KeysDraft) {
  const hash = { AttributeName: partition.name, KeyType: 'HASH' as const };
  return sort.name ? [hash, { AttributeName: sort.name, KeyType: 'RANGE' as const }] : [hash];
}

function index(draft: IndexDraft) {
  const { indexName: IndexName, projection: ProjectionType, included } = draft;
  const NonKeyAttributes = included
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return {
    IndexName,
    KeySchema: schema(draft),
    Projection: ProjectionType === 'INCLUDE' ? { ProjectionType, NonKeyAttributes } : { ProjectionType },
  };
}

function tag(line: string) {
  const at = line.indexOf('=');
  return at < 0
    ? { Key: line.trim(), Value: '' }
    : { Key: line.slice(0, at).trim(), Value: line.slice(at + 1).trim() };
}

/** What is sent; wrong names are the engine's to refuse. */
export function createRequest(draft: TableDraft): CreateTableInput {
  const indexes = draft.indexes.map((one) => (one.local ? { ...one, partition: draft.partition } : one));
  const types = new Map<string, ScalarAttributeType>();
  for (const { partition, sort } of [draft, ...indexes]) {
    for (const { name, type } of sort.name ? [partition, sort] : [partition]) types.set(name, type);
  }
  const throughput = { ReadCapacityUnits: draft.read, WriteCapacityUnits: draft.write };
  const capacity = draft.provisioned ? { ProvisionedThroughput: throughput } : {};
  const globals = indexes.filter(({ local }) => !local).map((one) => ({ ...index(one), ...capacity }));
  const locals = indexes.filter(({ local }) => local).map(index);
  const tags = draft.tags.split('\n').filter((line) => line.trim() !== '');
  return {
    TableName: draft.name,
    AttributeDefinitions: [...types].map(([AttributeName, AttributeType]) => ({
      AttributeName,
      AttributeType,
    })),
    KeySchema: schema(draft),
    BillingMode: draft.provisioned ? 'PROVISIONED' : 'PAY_PER_REQUEST',
    ...capacity,
    ...(globals.length ? { GlobalSecondaryIndexes: globals } : {}),
    ...(locals.length ? { LocalSecondaryIndexes: locals } : {}),
    ...(draft.tableClass === 'STANDARD' ? {} : { TableClass: draft.tableClass }),
    ...(draft.deletionProtection ? { DeletionProtectionEnabled: true } : {}),
    ...(draft.stream ? { StreamSpecification: { StreamEnabled: true, StreamViewType: draft.stream } } : {}),
    ...(tags.length ? { Tags: tags.map(tag) } : {}),
  };
}
