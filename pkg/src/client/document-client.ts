/** The document client: items and keys as native JavaScript values. */

import type { MarshallOptions, UnmarshallOptions } from '../codec/options.js';
import type * as t from '../types.js';
import { recognize, type Command, type SdkCommand } from './commands.js';
import type { Connection, Translation } from './connection.js';
import { dump, type DumpOptions } from './dump.js';
import { MiddlewareStack, thinConfig, type ThinConfig } from './thin.js';

/** How the document client translates values. */
export interface TranslateConfig {
  marshallOptions?: MarshallOptions | undefined;
  unmarshallOptions?: UnmarshallOptions | undefined;
}

/** `DynamoDBDocument` of the AWS SDK: the same methods, inputs, outputs and errors. */
export class DocumentClient {
  readonly config: ThinConfig & { translateConfig: TranslateConfig };
  readonly middlewareStack = new MiddlewareStack();
  /** @internal */
  readonly connection: Connection;
  private readonly native: Translation;
  private readonly attributes: Translation = { native: false };

  /** @internal */
  constructor(connection: Connection, region: string, translate: TranslateConfig = {}) {
    this.connection = connection;
    this.config = { ...thinConfig(region), translateConfig: translate };
    this.native = {
      native: true,
      marshall: translate.marshallOptions,
      unmarshall: translate.unmarshallOptions,
    };
  }

  get<T extends object = t.NativeMap>(
    input: t.GetCommandInput<object>,
    options?: t.CallOptions,
  ): Promise<t.GetCommandOutput<T>> {
    return this.connection.call('GetItem', input, this.native, options);
  }

  put<T extends object = t.NativeMap>(
    input: t.PutCommandInput<T>,
    options?: t.CallOptions,
  ): Promise<t.PutCommandOutput<T>> {
    return this.connection.call('PutItem', input, this.native, options);
  }

  update<T extends object = t.NativeMap>(
    input: t.UpdateCommandInput<object>,
    options?: t.CallOptions,
  ): Promise<t.UpdateCommandOutput<T>> {
    return this.connection.call('UpdateItem', input, this.native, options);
  }

  delete<T extends object = t.NativeMap>(
    input: t.DeleteCommandInput<object>,
    options?: t.CallOptions,
  ): Promise<t.DeleteCommandOutput<T>> {
    return this.connection.call('DeleteItem', input, this.native, options);
  }

  query<T extends object = t.NativeMap>(
    input: t.QueryCommandInput<object>,
    options?: t.CallOptions,
  ): Promise<t.QueryCommandOutput<T>> {
    return this.connection.call('Query', input, this.native, options);
  }

  scan<T extends object = t.NativeMap>(
    input: t.ScanCommandInput<object>,
    options?: t.CallOptions,
  ): Promise<t.ScanCommandOutput<T>> {
    return this.connection.call('Scan', input, this.native, options);
  }

  batchGet<T extends object = t.NativeMap>(
    input: t.BatchGetCommandInput<object>,
    options?: t.CallOptions,
  ): Promise<t.BatchGetCommandOutput<T>> {
    return this.connection.call('BatchGetItem', input, this.native, options);
  }

  batchWrite<T extends object = t.NativeMap>(
    input: t.BatchWriteCommandInput<object>,
    options?: t.CallOptions,
  ): Promise<t.BatchWriteCommandOutput<T>> {
    return this.connection.call('BatchWriteItem', input, this.native, options);
  }

  transactGet<T extends object = t.NativeMap>(
    input: t.TransactGetCommandInput<object>,
    options?: t.CallOptions,
  ): Promise<t.TransactGetCommandOutput<T>> {
    return this.connection.call('TransactGetItems', input, this.native, options);
  }

  transactWrite<T extends object = t.NativeMap>(
    input: t.TransactWriteCommandInput<object>,
    options?: t.CallOptions,
  ): Promise<t.TransactWriteCommandOutput<T>> {
    return this.connection.call('TransactWriteItems', input, this.native, options);
  }

  /** Runs a statement of PartiQL. Its parameters are native values, and so are the items it answers with. */
  executeStatement<T extends object = t.NativeMap>(
    input: t.ExecuteStatementCommandInput,
    options?: t.CallOptions,
  ): Promise<t.ExecuteStatementCommandOutput<T>> {
    return this.connection.call('ExecuteStatement', input, this.native, options);
  }

  /** Runs up to 25 statements, each on its own: all of them read one item, or all of them write one. */
  batchExecuteStatement<T extends object = t.NativeMap>(
    input: t.BatchExecuteStatementCommandInput,
    options?: t.CallOptions,
  ): Promise<t.BatchExecuteStatementCommandOutput<T>> {
    return this.connection.call('BatchExecuteStatement', input, this.native, options);
  }

  /** Runs up to 100 statements as one transaction: all of them read one item, or all of them write one. */
  executeTransaction<T extends object = t.NativeMap>(
    input: t.ExecuteTransactionCommandInput,
    options?: t.CallOptions,
  ): Promise<t.ExecuteTransactionCommandOutput<T>> {
    return this.connection.call('ExecuteTransaction', input, this.native, options);
  }

  /**
   * Runs a command of ours or of the AWS SDK. Low-level commands (`PutItemCommand`) keep their attribute values, as
   * they do when sent through the SDK's document client.
   */
  send<O>(command: Command<object, O>, options?: t.CallOptions): Promise<O>;
  send<I extends object, O>(command: SdkCommand<I, O>, options?: t.CallOptions): Promise<O>;
  async send(command: object, options?: t.CallOptions): Promise<unknown> {
    const { operation, input, native } = recognize(command);
    return this.connection.call(operation, input, native === false ? this.attributes : this.native, options);
  }

  /** The whole database as the bytes of one file: see `Database.dump`. */
  dump(options?: DumpOptions): ReadableStream<Uint8Array> {
    return dump(this.connection, options);
  }

  /** Nothing to give up: the database is closed by `Database.close`. */
  destroy(): void {}
}
