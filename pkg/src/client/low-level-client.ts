/** The low-level client: items and keys as attribute values (`{ S: "..." }`), and the operations on tables and streams. */

import type * as t from '../types.js';
import { recognize, type Command, type SdkCommand } from './commands.js';
import type { Connection, Translation } from './connection.js';
import { dump, type DumpOptions } from './dump.js';
import { MiddlewareStack, thinConfig, type ThinConfig } from './thin.js';

/** `DynamoDB` of the AWS SDK: the same methods, inputs, outputs and errors. */
export class Client {
  readonly config: ThinConfig;
  readonly middlewareStack = new MiddlewareStack();
  /** @internal */
  readonly connection: Connection;
  private readonly attributes: Translation = { native: false };
  private readonly native: Translation = { native: true };

  /** @internal */
  constructor(connection: Connection, region: string) {
    this.connection = connection;
    this.config = thinConfig(region);
  }

  createTable(input: t.CreateTableInput, options?: t.CallOptions): Promise<t.CreateTableOutput> {
    return this.connection.call('CreateTable', input, this.attributes, options);
  }

  describeTable(input: t.DescribeTableInput, options?: t.CallOptions): Promise<t.DescribeTableOutput> {
    return this.connection.call('DescribeTable', input, this.attributes, options);
  }

  listTables(input: t.ListTablesInput = {}, options?: t.CallOptions): Promise<t.ListTablesOutput> {
    return this.connection.call('ListTables', input, this.attributes, options);
  }

  deleteTable(input: t.DeleteTableInput, options?: t.CallOptions): Promise<t.DeleteTableOutput> {
    return this.connection.call('DeleteTable', input, this.attributes, options);
  }

  updateTable(input: t.UpdateTableInput, options?: t.CallOptions): Promise<t.UpdateTableOutput> {
    return this.connection.call('UpdateTable', input, this.attributes, options);
  }

  describeLimits(
    input: t.DescribeLimitsInput = {},
    options?: t.CallOptions,
  ): Promise<t.DescribeLimitsOutput> {
    return this.connection.call('DescribeLimits', input, this.attributes, options);
  }

  tagResource(input: t.TagResourceInput, options?: t.CallOptions): Promise<t.TagResourceOutput> {
    return this.connection.call('TagResource', input, this.attributes, options);
  }

  untagResource(input: t.UntagResourceInput, options?: t.CallOptions): Promise<t.UntagResourceOutput> {
    return this.connection.call('UntagResource', input, this.attributes, options);
  }

  listTagsOfResource(
    input: t.ListTagsOfResourceInput,
    options?: t.CallOptions,
  ): Promise<t.ListTagsOfResourceOutput> {
    return this.connection.call('ListTagsOfResource', input, this.attributes, options);
  }

  updateTimeToLive(
    input: t.UpdateTimeToLiveInput,
    options?: t.CallOptions,
  ): Promise<t.UpdateTimeToLiveOutput> {
    return this.connection.call('UpdateTimeToLive', input, this.attributes, options);
  }

  describeTimeToLive(
    input: t.DescribeTimeToLiveInput,
    options?: t.CallOptions,
  ): Promise<t.DescribeTimeToLiveOutput> {
    return this.connection.call('DescribeTimeToLive', input, this.attributes, options);
  }

  describeEndpoints(
    input: t.DescribeEndpointsInput = {},
    options?: t.CallOptions,
  ): Promise<t.DescribeEndpointsOutput> {
    return this.connection.call('DescribeEndpoints', input, this.attributes, options);
  }

  listStreams(input: t.ListStreamsInput = {}, options?: t.CallOptions): Promise<t.ListStreamsOutput> {
    return this.connection.call('ListStreams', input, this.attributes, options);
  }

  describeStream(input: t.DescribeStreamInput, options?: t.CallOptions): Promise<t.DescribeStreamOutput> {
    return this.connection.call('DescribeStream', input, this.attributes, options);
  }

  getShardIterator(
    input: t.GetShardIteratorInput,
    options?: t.CallOptions,
  ): Promise<t.GetShardIteratorOutput> {
    return this.connection.call('GetShardIterator', input, this.attributes, options);
  }

  getRecords(input: t.GetRecordsInput, options?: t.CallOptions): Promise<t.GetRecordsOutput> {
    return this.connection.call('GetRecords', input, this.attributes, options);
  }

  getItem(input: t.GetItemCommandInput, options?: t.CallOptions): Promise<t.GetItemCommandOutput> {
    return this.connection.call('GetItem', input, this.attributes, options);
  }

  putItem(input: t.PutItemCommandInput, options?: t.CallOptions): Promise<t.PutItemCommandOutput> {
    return this.connection.call('PutItem', input, this.attributes, options);
  }

  updateItem(input: t.UpdateItemCommandInput, options?: t.CallOptions): Promise<t.UpdateItemCommandOutput> {
    return this.connection.call('UpdateItem', input, this.attributes, options);
  }

  deleteItem(input: t.DeleteItemCommandInput, options?: t.CallOptions): Promise<t.DeleteItemCommandOutput> {
    return this.connection.call('DeleteItem', input, this.attributes, options);
  }

  query(input: t.QueryItemsInput, options?: t.CallOptions): Promise<t.QueryItemsOutput> {
    return this.connection.call('Query', input, this.attributes, options);
  }

  scan(input: t.ScanItemsInput, options?: t.CallOptions): Promise<t.ScanItemsOutput> {
    return this.connection.call('Scan', input, this.attributes, options);
  }

  batchGetItem(
    input: t.BatchGetItemCommandInput,
    options?: t.CallOptions,
  ): Promise<t.BatchGetItemCommandOutput> {
    return this.connection.call('BatchGetItem', input, this.attributes, options);
  }

  batchWriteItem(
    input: t.BatchWriteItemCommandInput,
    options?: t.CallOptions,
  ): Promise<t.BatchWriteItemCommandOutput> {
    return this.connection.call('BatchWriteItem', input, this.attributes, options);
  }

  transactGetItems(
    input: t.TransactGetItemsCommandInput,
    options?: t.CallOptions,
  ): Promise<t.TransactGetItemsCommandOutput> {
    return this.connection.call('TransactGetItems', input, this.attributes, options);
  }

  transactWriteItems(
    input: t.TransactWriteItemsCommandInput,
    options?: t.CallOptions,
  ): Promise<t.TransactWriteItemsCommandOutput> {
    return this.connection.call('TransactWriteItems', input, this.attributes, options);
  }

  executeStatement(
    input: t.ExecuteStatementItemsInput,
    options?: t.CallOptions,
  ): Promise<t.ExecuteStatementItemsOutput> {
    return this.connection.call('ExecuteStatement', input, this.attributes, options);
  }

  batchExecuteStatement(
    input: t.BatchExecuteStatementItemsInput,
    options?: t.CallOptions,
  ): Promise<t.BatchExecuteStatementItemsOutput> {
    return this.connection.call('BatchExecuteStatement', input, this.attributes, options);
  }

  executeTransaction(
    input: t.ExecuteTransactionItemsInput,
    options?: t.CallOptions,
  ): Promise<t.ExecuteTransactionItemsOutput> {
    return this.connection.call('ExecuteTransaction', input, this.attributes, options);
  }

  /** Runs a command of ours or of the AWS SDK, document commands (`PutCommand`) with native values. */
  send<O>(command: Command<object, O>, options?: t.CallOptions): Promise<O>;
  send<I extends object, O>(command: SdkCommand<I, O>, options?: t.CallOptions): Promise<O>;
  async send(command: object, options?: t.CallOptions): Promise<unknown> {
    const { operation, input, native } = recognize(command);
    return this.connection.call(operation, input, native === true ? this.native : this.attributes, options);
  }

  /** The whole database as the bytes of one file: see `Database.dump`. */
  dump(options?: DumpOptions): ReadableStream<Uint8Array> {
    return dump(this.connection, options);
  }

  /** Nothing to give up: the database is closed by `Database.close`. */
  destroy(): void {}
}
