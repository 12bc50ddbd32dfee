/** What every entry exports beside `open` and `destroy`. */

export { NumberValue } from './codec/number-value.js';
export type { MarshallOptions, UnmarshallOptions } from './codec/options.js';
export { Client } from './client/low-level-client.js';
export {
  BatchExecuteStatementCommand,
  BatchExecuteStatementItemsCommand,
  BatchGetCommand,
  BatchGetItemCommand,
  BatchWriteCommand,
  BatchWriteItemCommand,
  Command,
  CreateTableCommand,
  DeleteCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeEndpointsCommand,
  DescribeLimitsCommand,
  DescribeStreamCommand,
  DescribeTableCommand,
  ExecuteStatementCommand,
  ExecuteStatementItemsCommand,
  ExecuteTransactionCommand,
  ExecuteTransactionItemsCommand,
  DescribeTimeToLiveCommand,
  GetCommand,
  GetItemCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
  ListTablesCommand,
  ListTagsOfResourceCommand,
  PutCommand,
  PutItemCommand,
  QueryCommand,
  QueryItemsCommand,
  ScanCommand,
  ScanItemsCommand,
  TagResourceCommand,
  TransactGetCommand,
  TransactGetItemsCommand,
  TransactWriteCommand,
  TransactWriteItemsCommand,
  UntagResourceCommand,
  UpdateCommand,
  UpdateItemCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from './client/commands.js';
export type { SdkCommand } from './client/commands.js';
export type { WireAnswer, WireRequest } from './link/link.js';
export { Database } from './client/database.js';
export type { Persistence } from './client/space.js';
export type { FetchOptions, RequestHandler, SdkHttpRequest, SdkHttpResponse } from './client/database.js';
export type { AccessKey } from './client/signature.js';
export type { DumpOptions } from './client/dump.js';
export type { DumpSource } from './client/load.js';
export { DocumentClient } from './client/document-client.js';
export type { TranslateConfig } from './client/document-client.js';
export type { DestroyOptions, OpenOptions, RepairOptions } from './client/open.js';
export type { Encryption } from './storage/keyring.js';
export type { MiddlewareStack, ThinConfig } from './client/thin.js';
export { paginateQuery, paginateScan } from './client/paginate.js';
export type { PaginationConfig } from './client/paginate.js';
export {
  AccessDeniedException,
  ConditionalCheckFailedException,
  DatabaseClosedException,
  DatabaseDamagedError,
  DatabaseLockedError,
  DatabaseNotEmptyError,
  DumpError,
  DuplicateItemException,
  DynatabServiceException,
  EncryptionKeyError,
  EngineLoadError,
  ExpiredIteratorException,
  IdempotentParameterMismatchException,
  InternalServerError,
  ItemCollectionSizeLimitExceededException,
  LimitExceededException,
  ProvisionedThroughputExceededException,
  ReplicatedWriteConflictException,
  RequestLimitExceeded,
  ResourceInUseException,
  ResourceNotFoundException,
  SchemaMismatchError,
  SerializationException,
  StorageFailedException,
  StorageFullException,
  StorageUnavailableError,
  ThrottlingException,
  TransactionCanceledException,
  TransactionConflictException,
  TrimmedDataAccessException,
  UnknownOperationException,
  ValidationException,
} from './errors/index.js';
export type { ExceptionOptions, NamedExceptionOptions } from './errors/index.js';
export type * from './types.js';
export type { StorageKind, WasmSource } from './wasm.js';
