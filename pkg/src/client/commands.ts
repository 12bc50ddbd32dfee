/**
 * Commands for `send`: our own classes, and the recognition of the SDK's.
 *
 * The SDK's are told by the schema they carry, since class names do not survive minification.
 */

import type * as t from '../types.js';
import { isOperation, type OperationName } from '../operations.js';

const OPERATION = /* @__PURE__ */ Symbol.for('dynatab.operation');
const NATIVE = /* @__PURE__ */ Symbol.for('dynatab.native');

/** A command of ours: an operation with its input. */
export abstract class Command<I extends object, O> {
  readonly input: I;
  /** Carries the output's type; there is no such member at run time. */
  declare readonly output?: O;

  constructor(input: I) {
    this.input = input;
  }
}

function command(operation: OperationName, native: boolean) {
  return <I extends object, O>() =>
    class extends Command<I, O> {
      /** @internal */
      get [OPERATION](): OperationName {
        return operation;
      }
      /** @internal */
      get [NATIVE](): boolean {
        return native;
      }
    };
}

// The document client's.
export class GetCommand extends command('GetItem', true)<t.GetCommandInput, t.GetCommandOutput>() {}
export class PutCommand extends command('PutItem', true)<t.PutCommandInput, t.PutCommandOutput>() {}
export class UpdateCommand extends command('UpdateItem', true)<
  t.UpdateCommandInput,
  t.UpdateCommandOutput
>() {}
export class DeleteCommand extends command('DeleteItem', true)<
  t.DeleteCommandInput,
  t.DeleteCommandOutput
>() {}
export class QueryCommand extends command('Query', true)<t.QueryCommandInput, t.QueryCommandOutput>() {}
export class ScanCommand extends command('Scan', true)<t.ScanCommandInput, t.ScanCommandOutput>() {}
export class BatchGetCommand extends command('BatchGetItem', true)<
  t.BatchGetCommandInput,
  t.BatchGetCommandOutput
>() {}
export class BatchWriteCommand extends command('BatchWriteItem', true)<
  t.BatchWriteCommandInput,
  t.BatchWriteCommandOutput
>() {}
export class TransactGetCommand extends command('TransactGetItems', true)<
  t.TransactGetCommandInput,
  t.TransactGetCommandOutput
>() {}
export class TransactWriteCommand extends command('TransactWriteItems', true)<
  t.TransactWriteCommandInput,
  t.TransactWriteCommandOutput
>() {}
export class ExecuteStatementCommand extends command('ExecuteStatement', true)<
  t.ExecuteStatementCommandInput,
  t.ExecuteStatementCommandOutput
>() {}
export class BatchExecuteStatementCommand extends command('BatchExecuteStatement', true)<
  t.BatchExecuteStatementCommandInput,
  t.BatchExecuteStatementCommandOutput
>() {}
export class ExecuteTransactionCommand extends command('ExecuteTransaction', true)<
  t.ExecuteTransactionCommandInput,
  t.ExecuteTransactionCommandOutput
>() {}

// The low-level client's. Where both kinds have one name, these have names of their own, since one module exports both.
export class GetItemCommand extends command('GetItem', false)<
  t.GetItemCommandInput,
  t.GetItemCommandOutput
>() {}
export class PutItemCommand extends command('PutItem', false)<
  t.PutItemCommandInput,
  t.PutItemCommandOutput
>() {}
export class UpdateItemCommand extends command('UpdateItem', false)<
  t.UpdateItemCommandInput,
  t.UpdateItemCommandOutput
>() {}
export class DeleteItemCommand extends command('DeleteItem', false)<
  t.DeleteItemCommandInput,
  t.DeleteItemCommandOutput
>() {}
export class QueryItemsCommand extends command('Query', false)<t.QueryItemsInput, t.QueryItemsOutput>() {}
export class ScanItemsCommand extends command('Scan', false)<t.ScanItemsInput, t.ScanItemsOutput>() {}
export class BatchGetItemCommand extends command('BatchGetItem', false)<
  t.BatchGetItemCommandInput,
  t.BatchGetItemCommandOutput
>() {}
export class BatchWriteItemCommand extends command('BatchWriteItem', false)<
  t.BatchWriteItemCommandInput,
  t.BatchWriteItemCommandOutput
>() {}
export class TransactGetItemsCommand extends command('TransactGetItems', false)<
  t.TransactGetItemsCommandInput,
  t.TransactGetItemsCommandOutput
>() {}
export class TransactWriteItemsCommand extends command('TransactWriteItems', false)<
  t.TransactWriteItemsCommandInput,
  t.TransactWriteItemsCommandOutput
>() {}
export class ExecuteStatementItemsCommand extends command('ExecuteStatement', false)<
  t.ExecuteStatementItemsInput,
  t.ExecuteStatementItemsOutput
>() {}
export class BatchExecuteStatementItemsCommand extends command('BatchExecuteStatement', false)<
  t.BatchExecuteStatementItemsInput,
  t.BatchExecuteStatementItemsOutput
>() {}
export class ExecuteTransactionItemsCommand extends command('ExecuteTransaction', false)<
  t.ExecuteTransactionItemsInput,
  t.ExecuteTransactionItemsOutput
>() {}

// Tables.
export class CreateTableCommand extends command('CreateTable', false)<
  t.CreateTableInput,
  t.CreateTableOutput
>() {}
export class DescribeTableCommand extends command('DescribeTable', false)<
  t.DescribeTableInput,
  t.DescribeTableOutput
>() {}
export class ListTablesCommand extends command('ListTables', false)<
  t.ListTablesInput,
  t.ListTablesOutput
>() {}
export class DeleteTableCommand extends command('DeleteTable', false)<
  t.DeleteTableInput,
  t.DeleteTableOutput
>() {}

export class UpdateTableCommand extends command('UpdateTable', false)<
  t.UpdateTableInput,
  t.UpdateTableOutput
>() {}
export class DescribeLimitsCommand extends command('DescribeLimits', false)<
  t.DescribeLimitsInput,
  t.DescribeLimitsOutput
>() {}
export class TagResourceCommand extends command('TagResource', false)<
  t.TagResourceInput,
  t.TagResourceOutput
>() {}
export class UntagResourceCommand extends command('UntagResource', false)<
  t.UntagResourceInput,
  t.UntagResourceOutput
>() {}
export class ListTagsOfResourceCommand extends command('ListTagsOfResource', false)<
  t.ListTagsOfResourceInput,
  t.ListTagsOfResourceOutput
>() {}

export class UpdateTimeToLiveCommand extends command('UpdateTimeToLive', false)<
  t.UpdateTimeToLiveInput,
  t.UpdateTimeToLiveOutput
>() {}
export class DescribeTimeToLiveCommand extends command('DescribeTimeToLive', false)<
  t.DescribeTimeToLiveInput,
  t.DescribeTimeToLiveOutput
>() {}
export class DescribeEndpointsCommand extends command('DescribeEndpoints', false)<
  t.DescribeEndpointsInput,
  t.DescribeEndpointsOutput
>() {}

// Streams.
export class ListStreamsCommand extends command('ListStreams', false)<
  t.ListStreamsInput,
  t.ListStreamsOutput
>() {}
export class DescribeStreamCommand extends command('DescribeStream', false)<
  t.DescribeStreamInput,
  t.DescribeStreamOutput
>() {}
export class GetShardIteratorCommand extends command('GetShardIterator', false)<
  t.GetShardIteratorInput,
  t.GetShardIteratorOutput
>() {}
export class GetRecordsCommand extends command('GetRecords', false)<
  t.GetRecordsInput,
  t.GetRecordsOutput
>() {}

/** A command of the AWS SDK, as far as `send` needs to know it. */
export interface SdkCommand<I, O> {
  readonly input: I;
  // Only ever read by the type checker: it carries the output's type.
  resolveMiddleware(
    stack: never,
    configuration: never,
    options?: never,
  ): (...args: never[]) => Promise<{ output: O }>;
}

/** What a command asks for. */
export interface Recognized {
  operation: OperationName;
  input: object;
  /** Undefined when the command may be of either kind. */
  native: boolean | undefined;
}

interface Marked {
  input?: unknown;
  schema?: unknown;
  clientCommand?: { schema?: unknown };
  [OPERATION]?: OperationName;
  [NATIVE]?: boolean;
}

const DOCUMENT_NAMES: Record<string, OperationName> = {
  GetCommand: 'GetItem',
  PutCommand: 'PutItem',
  UpdateCommand: 'UpdateItem',
  DeleteCommand: 'DeleteItem',
  BatchGetCommand: 'BatchGetItem',
  BatchWriteCommand: 'BatchWriteItem',
  TransactGetCommand: 'TransactGetItems',
  TransactWriteCommand: 'TransactWriteItems',
};

/** The operation of a command, ours or the SDK's. @throws TypeError when it is no command of an operation we have. */
/** @internal */
export function recognize(candidate: object): Recognized {
  const marked = candidate as Marked;
  const input = (marked.input ?? {}) as object;
  const own = marked[OPERATION];
  if (own) return { operation: own, input, native: marked[NATIVE] };
  const schema = marked.schema ?? marked.clientCommand?.schema;
  if (Array.isArray(schema)) {
    const name: unknown = schema[2];
    if (isOperation(name)) return { operation: name, input, native: marked.clientCommand !== undefined };
    throw new TypeError(`send: this version has no operation ${String(name)}`);
  }
  const className = candidate.constructor.name;
  const operation = className.replace(/Command$/, '');
  const documentName = Object.hasOwn(DOCUMENT_NAMES, className) ? DOCUMENT_NAMES[className] : undefined;
  if (documentName) return { operation: documentName, input, native: true };
  if (className.endsWith('Command') && isOperation(operation)) {
    // Commands of both kinds have these names.
    const either = /^(Query|Scan|.*Execute.*)$/.test(operation);
    const native = marked.clientCommand ? true : either ? undefined : false;
    return { operation, input, native };
  }
  throw new TypeError(`send: not a command of an operation this version has: ${className}`);
}
