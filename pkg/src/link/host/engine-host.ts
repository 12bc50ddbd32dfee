/** Where an owner has its engine: in its own context, or in a worker of its own. */

import type { EngineOptions, EngineSettings, StorageKind } from '../../wasm.js';
import type { Link, LinkEvents } from '../link.js';
import type { PortLike } from '../port/protocol.js';
import type { EngineEvents } from '../shared-engine.js';

export interface EngineHost {
  /** Gets ready, so that opening a database on that storage takes less time. */
  prepare(storage: StorageKind): void;
  open(options: EngineOptions, events: HostEvents): Promise<HostedEngine>;
  /** Deletes the database, which is closed. */
  destroy(options: EngineOptions): Promise<void>;
  /** Opens no engine any more. */
  end(): void;
}

export interface HostEvents extends EngineEvents {
  /** Somebody sees a client of another context, or does not any more. */
  seen(): void;
}

export interface HostedEngine {
  readonly settings: EngineSettings;
  readonly isClosing: boolean;
  /** Makes the context that owns the engine its client `number`; closing this link closes the engine. */
  link(number: number, events: LinkEvents): Promise<Link>;
  /** Answers a client in another context. */
  serve(port: PortLike): void;
  /** Whether a client in another context is seen. */
  readonly hasSuccessor: boolean;
  /** Asks one that is seen to be the next owner. */
  appoint(): void;
  /** Ends the clients in other contexts; with a cause, because the engine failed. */
  drop(cause?: string): void;
  /** Waits for what was asked, then closes. */
  close(): Promise<void>;
}
