/** What a connection sends its calls through: an engine in this context, or a port to one elsewhere. */

import type { VerifyReport } from '../types.js';
import type { EngineProgress, EngineSettings } from '../wasm.js';

/** Bytes that hold an answer between two places. They are the link's own, and only there until it is asked again. */
export interface Answer {
  bytes: Uint8Array;
  start: number;
  end: number;
}

/** A request of the wire protocol. */
export interface WireRequest {
  method: string;
  path: string;
  target?: string | undefined;
  contentType?: string | undefined;
  /** Where the request came to: what DescribeEndpoints tells. */
  host?: string | undefined;
  body: Uint8Array;
}

/** An answer of the wire protocol. */
export interface WireAnswer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** Told by a link. */
export interface LinkEvents {
  /** The answer of the pending call `id` can be read until this returns. */
  settle(id: number): void;
  /** The pending call `id` cannot be answered. */
  refuse(id: number, error: unknown): void;
  /** Something the application may want to know. */
  event(kind: string, detail: string): void;
  /** The link is of no use any more; nothing that was asked of it will be answered. */
  failed(cause: Error): void;
}

export interface Link {
  /** What the engine was opened as. */
  readonly settings: EngineSettings;
  /** Asks with the first `length` of `bytes`. True: the answer is there. Otherwise `settle` or `refuse` comes. */
  call(operation: number, bytes: Uint8Array, length: number, id: number): boolean;
  http(request: WireRequest, id: number): boolean;
  /** The answer that is there. */
  answer(): Answer;
  deleteExpired(): Promise<number>;
  /** Does what is due; absent where timers do that. */
  attend?(): Promise<void>;
  verify(): Promise<VerifyReport>;
  /** The next part of dump `id`; the first call begins it and gives no bytes. Nothing: it is complete. */
  dump(id: number): Promise<EngineProgress | undefined>;
  /** Gives a part to load `id`, which begins with its first; without a part, the dump is complete. */
  load(id: number, part?: Uint8Array): Promise<EngineProgress>;
  /** Gives up a dump or a load. */
  abandon(id: number): Promise<void>;
  /** The keyring of an encrypted database. */
  keyring(): Promise<Uint8Array>;
  /** Replaces it: the present one and, as long, the next. */
  rekey(change: Uint8Array): Promise<void>;
  /** Waits for what was asked, then ends. */
  close(): Promise<void>;
}

/** Makes a link, and makes it again when the one before has failed. */
export type Connect = (events: LinkEvents) => Promise<Link>;
