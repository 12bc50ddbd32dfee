/** What a client and the owner of a database say to each other over a port. */

import type { EngineProgress, EngineSettings } from '../../wasm.js';
import type { VerifyReport } from '../../types.js';
import type { WireRequest } from '../link.js';

/**
 * Contexts that speak another version do not work on one database at a time; the older ones are told to load again. To be
 * raised with every change of what is below, and of what is stored.
 */
export const VERSION = 1;

/** A MessagePort, or what stands for one. */
export interface PortLike {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}

/** Who wants to be a client, and what it was opened with. */
export interface Joining {
  version: number;
  /** The number by which the log knows its requests. */
  client: number;
  /** Where it would have kept the data. */
  storage?: EngineSettings['storage'] | undefined;
  durability: EngineSettings['durability'];
  region?: string | undefined;
  accountId?: string | undefined;
  /** Whether somebody sees it. */
  visible: boolean;
}

/** Work that is no call. */
export interface Work {
  deleteExpired: number;
  verify: VerifyReport;
  dump: EngineProgress | undefined;
  load: EngineProgress;
  abandon: void;
  keyring: Uint8Array;
  rekey: void;
}

export type ToOwner =
  | ['join', Joining]
  /** Calls; answers to those with lower numbers than the first have all arrived. */
  | ['calls', below: number, frame: ArrayBuffer]
  | ['http', id: number, request: WireRequest]
  | ['work', number: number, kind: keyof Work, id: number | undefined, part: Uint8Array | undefined]
  | ['visible', boolean]
  | ['ping']
  | ['leave'];

export type FromOwner =
  | ['joined', EngineSettings]
  /** It cannot be a client, for a reason that will not pass. */
  | ['refused', name: string, message: string]
  | ['answers', frame: ArrayBuffer]
  | ['refuse', id: number, name: string, message: string]
  | ['done', number: number, value: unknown]
  | ['failed', number: number, name: string, message: string]
  | ['event', kind: string, detail: string]
  /** The owner is none any more; with a cause, because its engine failed. */
  | ['gone', cause: string | undefined]
  /** This client is to be the next owner, now. */
  | ['take']
  | ['pong'];

/** An error as it was named elsewhere. */
export function errorOf(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
