// What must compile, and (by @ts-expect-error) what must not. Checked by tsc, never run.
import type { Database, DocumentClient, Client, OpenOptions } from '../../pkg/src/index.js';
import {
  PutCommand,
  QueryCommand,
  GetItemCommand,
  paginateQuery,
  paginateScan,
  open,
} from '../../pkg/src/index.js';

declare const db: Database;
declare const doc: DocumentClient;
declare const low: Client;

interface Order {
  pk: string;
  total: number;
  tags: Set<string>;
}

declare const order: Order;

/** Fails to compile unless both types are the same. */
function same<A>() {
  return <B>(..._: [A] extends [B] ? ([B] extends [A] ? [] : ['different']) : ['different']): void =>
    undefined;
}

export async function documentClient() {
  // An interface needs no index signature.
  await doc.put({ TableName: 't', Item: order });
  await doc.put<Order>({ TableName: 't', Item: order, ReturnValues: 'ALL_OLD' });
  const { Item } = await doc.get<Order>({ TableName: 't', Key: { pk: 'a' } });
  same<Order | undefined>()<typeof Item>();
  const untyped = await doc.get({ TableName: 't', Key: { pk: 'a' } });
  same<unknown>()<NonNullable<typeof untyped.Item>['anything']>();
  const { Items, LastEvaluatedKey, $metadata } = await doc.query<Order>({
    TableName: 't',
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': 'a', ':n': 1n, ':s': new Set([1]) },
    ExclusiveStartKey: undefined,
    Limit: 5,
  });
  same<Order[] | undefined>()<typeof Items>();
  same<Record<string, unknown> | undefined>()<typeof LastEvaluatedKey>();
  same<number | undefined>()<typeof $metadata.httpStatusCode>();
  const batch = await doc.batchGet<Order>({ RequestItems: { t: { Keys: [{ pk: 'a' }] } } });
  same<Record<string, Order[]> | undefined>()<typeof batch.Responses>();
  await doc.batchWrite({
    RequestItems: { t: [{ PutRequest: { Item: { pk: 'a' } } }, { DeleteRequest: { Key: { pk: 'b' } } }] },
  });
  await doc.get({ TableName: 't', Key: { pk: 'a' } }, { abortSignal: new AbortController().signal });

  // @ts-expect-error an item has to be an object
  await doc.put({ TableName: 't', Item: 'text' });
  // @ts-expect-error the item is missing
  await doc.put({ TableName: 't' });
  // @ts-expect-error the table is missing
  await doc.get({ Key: { pk: 'a' } });
  // @ts-expect-error no such member
  await doc.get({ TableName: 't', Key: { pk: 'a' }, Keys: {} });
  // @ts-expect-error a misspelled choice
  await doc.put({ TableName: 't', Item: order, ReturnValues: 'OLD' });
  // @ts-expect-error Limit is a number
  await doc.scan({ TableName: 't', Limit: '5' });
  // @ts-expect-error names are strings
  await doc.scan({ TableName: 't', ExpressionAttributeNames: { '#a': 1 } });
  // @ts-expect-error the item is not of the type
  await doc.put<Order>({ TableName: 't', Item: { pk: 'a', total: 'many', tags: new Set() } });
  // @ts-expect-error the document client makes no tables
  await doc.createTable({});
  // @ts-expect-error unknown is not a string
  same<string>()<NonNullable<typeof untyped.Item>['anything']>();
}

export async function lowLevelClient() {
  const { Item } = await low.getItem({ TableName: 't', Key: { pk: { S: 'a' } } });
  if (Item?.['pk'] && 'S' in Item['pk'])
    same<string>()<(typeof Item)['pk'] extends infer V ? (V extends { S: infer S } ? S : never) : never>();
  const { Table } = await low.describeTable({ TableName: 't' });
  same<Date | undefined>()<NonNullable<typeof Table>['CreationDateTime']>();
  await low.createTable({
    TableName: 't',
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
  await low.listTables();

  // @ts-expect-error native values belong in the document client
  await low.putItem({ TableName: 't', Item: { pk: 'a' } });
  // @ts-expect-error N is a string
  await low.putItem({ TableName: 't', Item: { n: { N: 1 } } });
  // @ts-expect-error no such key type
  await low.createTable({ TableName: 't', KeySchema: [{ AttributeName: 'pk', KeyType: 'PRIMARY' }] });
}

export async function commands() {
  const put = await doc.send(new PutCommand({ TableName: 't', Item: { a: 1 } }));
  same<Record<string, unknown> | undefined>()<typeof put.Attributes>();
  const got = await low.send(new GetItemCommand({ TableName: 't', Key: { a: { S: 'x' } } }));
  same<Record<string, import('../../pkg/src/index.js').AttributeValue> | undefined>()<typeof got.Item>();
  const { Count } = await doc.send(new QueryCommand({ TableName: 't' }), {});
  same<number | undefined>()<typeof Count>();
  // @ts-expect-error a command's input is checked
  new PutCommand({ TableName: 't' });
  // @ts-expect-error not a command
  await doc.send({});
}

export async function pages() {
  for await (const page of paginateQuery<Order>({ client: doc, pageSize: 5 }, { TableName: 't' }))
    same<Order[] | undefined>()<typeof page.Items>();
  for await (const page of paginateScan({ client: low }, { TableName: 't' }))
    same<number | undefined>()<typeof page.Count>();
  // @ts-expect-error a Scan has no key condition
  paginateScan({ client: doc }, { TableName: 't', KeyConditionExpression: 'a = b' });
}

export async function database() {
  const opened = await open({
    name: 'n',
    tables: [{ TableName: 't', KeySchema: [{ AttributeName: 'a', KeyType: 'HASH' }] }],
  });
  same<Database>()<typeof opened>();
  same<'persistent' | 'best-effort' | 'memory'>()<typeof opened.persistence.kind>();
  const off = db.on('event', ({ kind, detail }) => void [kind.length, detail]);
  db.on('recovered', (cause) => void cause.length);
  db.on('space', ({ usage, quota, free }) => void (usage + free < quota));
  const { kind, usage, quota, persisted } = await db.storage();
  same<'persistent' | 'best-effort' | 'memory'>()<typeof kind>();
  same<number | undefined>()<typeof usage | typeof quota>();
  same<boolean | undefined>()<typeof persisted>();
  same<boolean>()<Awaited<ReturnType<typeof db.requestPersistence>>>();
  // @ts-expect-error it is renewed by the database alone
  db.persistence = { kind: 'persistent', reason: '' };
  // @ts-expect-error where little is left, all three are known
  db.on('space', ({ free }: { free: undefined }) => free);
  off();
  same<ReadableStream<Uint8Array>>()<ReturnType<typeof opened.dump>>();
  low.dump({
    signal: AbortSignal.timeout(1),
    progress: ({ items, totalItems }) => void (items / totalItems),
  });
  await open({ name: 'n', load: opened.dump(), progress: (done) => same<number>()<typeof done.bytes>() });
  await open({ name: 'n', load: await fetch('a.dump') });
  await open({ name: 'n', load: new Blob() });
  // @ts-expect-error where a dump is, is no dump
  await open({ name: 'n', load: 'a.dump' });
  // @ts-expect-error no such compression
  doc.dump({ compression: 'zip' });
  // @ts-expect-error a name is needed
  await open({});
  const options: OpenOptions = { name: 'n' };
  // @ts-expect-error no such storage
  options.storage = 'disk';
}
