/**
 * One class per exception, so that `instanceof`, `name` and the extra members work as with the AWS SDK.
 *
 * The engine hands an error over as data; `fromEngine` builds the class. Our own names follow DynamoDB's.
 */

import type { AbortSignalLike, AttributeMap, CancellationReason, ResponseMetadata } from '../types.js';

/** The base of all errors the engine answers with; shaped like the SDK's `DynamoDBServiceException`. */
export class DynatabServiceException extends Error {
  /** Whose fault it was. */
  readonly $fault: 'client' | 'server';
  readonly $metadata: ResponseMetadata;
  readonly $service = 'DynamoDB';

  constructor(options: ExceptionOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = options.name;
    this.$fault = options.$fault;
    this.$metadata = options.$metadata;
  }
}

export interface ExceptionOptions {
  name: string;
  message: string;
  $fault: 'client' | 'server';
  $metadata: ResponseMetadata;
  cause?: unknown;
}

/** What the constructors of the named exceptions take; all of it may be left out. */
export type NamedExceptionOptions = Partial<Omit<ExceptionOptions, 'name'>>;

type ExceptionClass = new (options?: NamedExceptionOptions) => DynatabServiceException;

function define<N extends string>(
  name: N,
  fault: 'client' | 'server' = 'client',
  status = fault === 'client' ? 400 : 500,
) {
  const made = class extends DynatabServiceException {
    override readonly name: N;
    constructor(options: NamedExceptionOptions = {}) {
      super({
        message: options.message ?? '',
        $fault: options.$fault ?? fault,
        $metadata: options.$metadata ?? { httpStatusCode: status, attempts: 1, totalRetryDelay: 0 },
        name,
        cause: options.cause,
      });
      this.name = name;
    }
  };
  Object.defineProperty(made, 'name', { value: name });
  return made;
}

// DynamoDB's.
export class AccessDeniedException extends define('AccessDeniedException') {}
export class ValidationException extends define('ValidationException') {}
/** An INSERT found an item with its key. */
export class DuplicateItemException extends define('DuplicateItemException') {}
export class ResourceNotFoundException extends define('ResourceNotFoundException') {}
export class ResourceInUseException extends define('ResourceInUseException') {}
export class LimitExceededException extends define('LimitExceededException') {}
export class ItemCollectionSizeLimitExceededException extends define(
  'ItemCollectionSizeLimitExceededException',
) {}
export class TransactionConflictException extends define('TransactionConflictException') {}
export class ProvisionedThroughputExceededException extends define(
  'ProvisionedThroughputExceededException',
) {}
export class RequestLimitExceeded extends define('RequestLimitExceeded') {}
export class ThrottlingException extends define('ThrottlingException') {}
export class ReplicatedWriteConflictException extends define('ReplicatedWriteConflictException') {}
export class SerializationException extends define('SerializationException') {}
export class UnknownOperationException extends define('UnknownOperationException') {}
export class InternalServerError extends define('InternalServerError', 'server') {}

/** The condition of a write did not hold. */
export class ConditionalCheckFailedException extends define('ConditionalCheckFailedException') {
  /** The item as it is, when `ReturnValuesOnConditionCheckFailure` asked for it; attribute values in both clients, as in the SDK. */
  Item?: AttributeMap | undefined;
}

/** A transaction did not happen: one of its conditions did not hold, or an action could not be evaluated. */
export class TransactionCanceledException extends define('TransactionCanceledException') {
  /** One for each action, in their order. */
  CancellationReasons?: CancellationReason[] | undefined;
}

/** A ClientRequestToken came again, with another request. */
export class IdempotentParameterMismatchException extends define('IdempotentParameterMismatchException') {}
export class ExpiredIteratorException extends define('ExpiredIteratorException') {}
export class TrimmedDataAccessException extends define('TrimmedDataAccessException') {}

// Ours.
/** The store has no space left. Nothing was written; reads go on. */
export class StorageFullException extends define('StorageFullException', 'server', 507) {
  /** Bytes that the origin used when it was refused, as the browser estimates; absent where there is no estimate. */
  readonly usage: number | undefined;
  /** Bytes that it might use. Chromium tells sites ten gigabytes more than they use, whatever is left. */
  readonly quota: number | undefined;

  constructor(options?: NamedExceptionOptions) {
    super(options);
    // The engine's words are what all ways an error takes have in common, HTTP included.
    const told = /(\d+) of (\d+) bytes/.exec(this.message);
    if (told) [this.usage, this.quota] = [Number(told[1]), Number(told[2])];
  }
}
/** The storage failed; the write did not happen. */
export class StorageFailedException extends define('StorageFailedException', 'server', 503) {}
/** The database was closed, or another owner took it. */
export class DatabaseClosedException extends define('DatabaseClosedException', 'server', 503) {}

let classes: Record<string, ExceptionClass | undefined> | undefined;

/** An error of the engine as the class of its name; an unknown name gives the base class with that name. */
export function fromEngine(
  name: string,
  message: string,
  status: number,
  requestId: string,
): DynatabServiceException {
  const $metadata = { httpStatusCode: status, requestId, attempts: 1, totalRetryDelay: 0 };
  classes ??= {
    __proto__: null as never,
    AccessDeniedException,
    ValidationException,
    DuplicateItemException,
    ResourceNotFoundException,
    ResourceInUseException,
    LimitExceededException,
    ItemCollectionSizeLimitExceededException,
    TransactionConflictException,
    ProvisionedThroughputExceededException,
    RequestLimitExceeded,
    ThrottlingException,
    ReplicatedWriteConflictException,
    SerializationException,
    UnknownOperationException,
    InternalServerError,
    ConditionalCheckFailedException,
    TransactionCanceledException,
    IdempotentParameterMismatchException,
    ExpiredIteratorException,
    TrimmedDataAccessException,
    StorageFullException,
    StorageFailedException,
    DatabaseClosedException,
  };
  const made = classes[name];
  const $fault = status >= 500 ? 'server' : 'client';
  if (made) return new made({ message, $fault, $metadata });
  return new DynatabServiceException({ name, message, $fault, $metadata });
}

/** The database is in use by another process or context, in a way that cannot be shared. */
export class DatabaseLockedError extends Error {
  override readonly name = 'DatabaseLockedError';
}

/** A table of the `tables` option exists with another schema. */
export class SchemaMismatchError extends Error {
  override readonly name = 'SchemaMismatchError';
  /** The table. */
  readonly table: string;
  /** What differs: one sentence each. */
  readonly differences: readonly string[];

  constructor(table: string, differences: readonly string[]) {
    super(`Table ${table} exists with another schema: ${differences.join('; ')}`);
    this.table = table;
    this.differences = differences;
  }
}

/** The storage that was asked for is not there. */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError';
}

/** What is stored cannot be read: it was damaged, or written by a later version. */
export class DatabaseDamagedError extends Error {
  override readonly name = 'DatabaseDamagedError';
}

/** The key of an encrypted database is missing or wrong; or there is a key, and no encryption. */
export class EncryptionKeyError extends Error {
  override readonly name = 'EncryptionKeyError';
}

/** A dump cannot be loaded: it is damaged, cut off, no dump, or of a later version. Nothing of it was kept. */
export class DumpError extends Error {
  override readonly name = 'DumpError';
}

/** A dump was to be loaded into a database that has tables. */
export class DatabaseNotEmptyError extends Error {
  override readonly name = 'DatabaseNotEmptyError';
}

/** An error of ours that a dump, a load or a change of key failed with; nothing for those of the operations. */
export function fromTransfer(error: unknown): Error | undefined {
  const { name, message } = error as Error;
  if (name === 'DumpError') return new DumpError(message, { cause: error });
  if (name === 'EncryptionKeyError') return new EncryptionKeyError(message, { cause: error });
  if (name === 'DatabaseNotEmptyError') return new DatabaseNotEmptyError(message, { cause: error });
  return error instanceof DynatabServiceException ? error : undefined;
}

/** The engine could not be loaded; the message says what to do. */
export class EngineLoadError extends Error {
  override readonly name = 'EngineLoadError';
}

/** What opening threw, as the class of its name. The engine throws plain errors that carry one. */
export function fromOpening(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message } = error;
  const plain = {
    DatabaseLockedError,
    // It cannot be shared with who has it.
    Ended: DatabaseLockedError,
    StorageUnavailableError,
    DatabaseDamagedError,
    EncryptionKeyError,
    InvalidOptionsError: TypeError,
  };
  const ofService = { StorageFullException, StorageFailedException };
  if (Object.hasOwn(plain, name)) {
    const made = plain[name as keyof typeof plain];
    return error instanceof made ? error : new made(message, { cause: error });
  }
  if (Object.hasOwn(ofService, name))
    return new ofService[name as keyof typeof ofService]({ message, cause: error });
  return error;
}

/** The error of a call whose `abortSignal` fired. */
export function abortError(signal: AbortSignalLike): Error {
  const error = new Error('Request aborted', { cause: signal.reason });
  error.name = 'AbortError';
  return error;
}
