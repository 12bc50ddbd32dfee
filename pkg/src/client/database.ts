/** An open database: its clients, its HTTP door and its end. */

import type { Client as ClientType } from './low-level-client.js';
import { Client } from './low-level-client.js';
import type { WireAnswer, WireRequest } from '../link/link.js';
import type { Connection } from './connection.js';
import { dump, type DumpOptions } from './dump.js';
import { DocumentClient, type TranslateConfig } from './document-client.js';
import { unpacked } from './body.js';
import type { Encryption } from '../storage/keyring.js';
import { rekey, type KeyHolder } from './encryption.js';
import { answerSigned, type AccessKey } from './signature.js';
import type { Persistence, Space } from './space.js';

import type { CallOptions, LowSpace, StorageReport, VerifyReport } from '../types.js';

/** The HTTP request object of the AWS SDK, as far as it is read. */
export interface SdkHttpRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: unknown;
}

/** The response object the AWS SDK expects. */
export interface SdkHttpResponse {
  response: { statusCode: number; headers: Record<string, string>; body: Uint8Array };
}

/** For the `requestHandler` of an AWS SDK client. */
export interface RequestHandler {
  readonly metadata: { handlerProtocol: string };
  handle(request: SdkHttpRequest, options?: CallOptions): Promise<SdkHttpResponse>;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
  destroy(): void;
}

/** How `db.fetch` answers. */
export interface FetchOptions {
  /** Only requests signed with one of these are answered; without the option, whoever signed them. */
  accessKeys?: readonly AccessKey[] | undefined;
}

const utf8 = /* @__PURE__ */ new TextEncoder();

export class Database {
  /** The name it was opened by. */
  readonly name: string;
  /** @internal */
  protected readonly connection: Connection;
  private readonly region: string;
  private readonly keys: KeyHolder;
  private readonly space: Space;
  private readonly remove: () => Promise<void>;
  private readonly released: () => void | Promise<void>;

  /** @internal */
  constructor(parts: {
    name: string;
    region: string;
    connection: Connection;
    keys: KeyHolder;
    space: Space;
    remove: () => Promise<void>;
    released: () => void | Promise<void>;
  }) {
    this.name = parts.name;
    this.region = parts.region;
    this.connection = parts.connection;
    this.keys = parts.keys;
    this.space = parts.space;
    this.remove = parts.remove;
    this.released = parts.released;
  }

  /**
   * How the data is kept, as far as is known: of an origin the browser is asked when the database is opened, and by
   * `storage()` and `requestPersistence()`.
   */
  get persistence(): Persistence {
    return this.space.persistence;
  }

  /** What the database and its place use, and how it is kept. Asked anew each time. */
  storage(): Promise<StorageReport> {
    return this.space.report();
  }

  /**
   * Asks the browser to keep the origin until the user deletes it (`navigator.storage.persist()`); whether the data is
   * kept so. Some browsers ask the user, so call it when the user will know why. Without a browser to ask nothing
   * changes: true on files, false in memory, and in a worker what `persistence` says, where only pages may ask.
   */
  requestPersistence(): Promise<boolean> {
    return this.space.ask();
  }

  /** Whether what is kept is encrypted. */
  get encrypted(): boolean {
    return this.connection.settings.encrypted;
  }

  /**
   * Makes another key or passphrase the one that opens the database. Nothing is written again but what the database's own
   * key is wrapped in. When it resolves, the key before opens the database no more; tabs that were opened with it go on until
   * they would have to open the storage themselves, and fail with an `EncryptionKeyError` then.
   */
  rekey(encryption: Encryption): Promise<void> {
    return rekey(this.connection, this.keys, encryption);
  }

  /** A client on native JavaScript values: `DynamoDBDocument` of the AWS SDK. */
  documentClient(options?: TranslateConfig): DocumentClient {
    return new DocumentClient(this.connection, this.region, options);
  }

  /** A client on attribute values, and for tables: `DynamoDB` of the AWS SDK. */
  client(): ClientType {
    return new Client(this.connection, this.region);
  }

  /** Answers a request of the AWS JSON 1.0 protocol. */
  async fetch(request: Request, options: FetchOptions = {}): Promise<Response> {
    const url = new URL(request.url);
    const header = (name: string) => request.headers.get(name) ?? (name === 'host' ? url.host : undefined);
    const wire: WireRequest = {
      method: request.method,
      path: url.pathname,
      target: header('x-amz-target'),
      contentType: header('content-type'),
      host: url.host,
      body: new Uint8Array(await request.arrayBuffer()),
    };
    const run = async (asked: WireRequest) =>
      this.http(
        { ...asked, body: await unpacked(asked.body, header('content-encoding')) },
        { abortSignal: request.signal },
      );
    const { accessKeys } = options;
    const answer: WireAnswer = accessKeys
      ? await answerSigned({ ...wire, query: url.search.slice(1), header }, accessKeys, run)
      : await run(wire);
    return new Response(answer.body as Uint8Array<ArrayBuffer>, {
      status: answer.status,
      headers: answer.headers,
    });
  }

  /** Answers a request of the wire protocol given in parts. */
  http(request: WireRequest, options?: CallOptions) {
    return this.connection.http(request, options);
  }

  /**
   * A `requestHandler` for an unmodified AWS SDK client:
   * `new DynamoDBClient({ region: 'local', credentials: { accessKeyId: 'x', secretAccessKey: 'x' }, requestHandler: db.handler() })`.
   */
  handler(): RequestHandler {
    return {
      metadata: { handlerProtocol: 'http/1.1' },
      handle: async (request, options) => {
        let target: string | undefined;
        let contentType: string | undefined;
        let host: string | undefined;
        for (const [name, value] of Object.entries(request.headers)) {
          const lower = name.toLowerCase();
          if (lower === 'x-amz-target') target = value;
          else if (lower === 'content-type') contentType = value;
          else if (lower === 'host') host = value;
        }
        const answer = await this.http(
          {
            method: request.method,
            path: request.path,
            target,
            contentType,
            host,
            body: bodyBytes(request.body),
          },
          options,
        );
        return { response: { statusCode: answer.status, headers: answer.headers, body: answer.body } };
      },
      updateHttpClientConfig() {},
      httpHandlerConfigs: () => ({}),
      destroy() {},
    };
  }

  /**
   * Deletes the items that have expired by the time to live of their tables, now; gives their number. They go by
   * themselves too, within a minute or so.
   */
  deleteExpired(): Promise<number> {
    return this.connection.deleteExpired();
  }

  /**
   * The whole database as the bytes of one file, packed with gzip: `new Response(db.dump())`, or piped to a file.
   * `open({ load })` makes a database of it, in any runtime and on any storage.
   *
   * It holds what was acknowledged before the call, and nothing of what comes after the dump has begun: schemas with
   * tags, time to live and stream settings, and items; not the records of streams. What is read waits for the stream
   * that is read; until it has ended, or was cancelled, or the database is closed, the storage keeps what it may ask for.
   *
   * The stream fails with a `DatabaseClosedException` when the database is closed before its end.
   */
  dump(options?: DumpOptions): ReadableStream<Uint8Array> {
    return dump(this.connection, options);
  }

  /**
   * Reads all that is stored and checks it: checksums of manifest, log and blocks, the order of keys, items against the
   * rules of items, indexes against their tables, counts against what is there. Calls go on meanwhile; what they write
   * is not looked at. Takes about as long as reading the whole database. `problems` is empty when all is well.
   */
  verify(): Promise<VerifyReport> {
    return this.connection.verify();
  }

  /** Calls `listener` for every event of a kind, or with `event` for all of them; returns what ends it. */
  on(kind: 'event', listener: (event: { kind: string; detail: unknown }) => void): () => void;
  /**
   * `recovered`: the engine failed, and the database goes on with a fresh one from what is durable; calls in flight are
   * answered. `failed`: it does not go on, and has to be opened again. Both are told the cause.
   */
  on(kind: 'recovered' | 'failed', listener: (cause: string) => void): () => void;
  /**
   * `connectionlost`: the browser lost its storage, or closed the connection to it; calls wait. `reconnected`: it is open
   * again, and they are answered. When it cannot be opened for a while, `recovered` or `failed` follows instead. `evicted`: the
   * browser deleted what the site had stored. `versionchange`: another program of the site deletes the database. After these two
   * comes `failed`, and calls fail with a `DatabaseClosedException`.
   */
  on(
    kind: 'connectionlost' | 'reconnected' | 'evicted' | 'versionchange',
    listener: (detail: string) => void,
  ): () => void;
  /**
   * `space`: little is left of what the place of the database may hold. Told once, and again when half of that is gone,
   * or after there was half as much again in between. It is looked at after writes, at most every thirty seconds, and not
   * in memory. How much is little: a tenth of the quota, but at least 50 MiB and at most 1 GiB.
   */
  on(kind: 'space', listener: (space: LowSpace) => void): () => void;
  on(kind: string, listener: (detail: unknown) => void): () => void;
  on(kind: string, listener: (detail: never) => void): () => void {
    if (kind === 'space' || kind === 'event') this.space.watch(this.connection);
    return this.connection.on(kind, listener as (detail: unknown) => void);
  }

  /** Waits for the writes in flight and closes. */
  async close(): Promise<void> {
    this.space.end();
    try {
      await this.connection.close();
    } finally {
      await this.released();
    }
  }

  /** Closes and deletes all its data. */
  async destroy(): Promise<void> {
    this.space.end();
    try {
      await this.connection.close();
      await this.remove();
    } finally {
      await this.released();
    }
  }

  /** `await using db = await open(...)`. */
  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')](): Promise<void> {
    await this.close();
  }
}

function bodyBytes(body: unknown): Uint8Array {
  if (body === undefined || body === null) return new Uint8Array(0);
  // Current SDKs give bytes of a subclass that dislikes being treated as a string; older ones give a string.
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (typeof body === 'string') return utf8.encode(body);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  throw new TypeError('requestHandler: a body that is neither bytes nor text');
}
