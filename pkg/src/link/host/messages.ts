/** What a context and the worker that has its engine say to each other. */

import type { RepairReport } from '../../types.js';
import type { EngineOptions, EngineSettings, StorageKind } from '../../wasm.js';

/** An engine of the worker, by the number that the context gave it. */
type Of = number;

export type ToWorker =
  /** Where the code of the engine is, as `open` was told; the first message. */
  | ['code', wasm: unknown, more: unknown]
  | ['prepare', 0, StorageKind]
  | ['open', Of, EngineOptions]
  /** Opens the store of this database's files, for an engine in the context. */
  | ['store', Of, name: string, port: MessagePort]
  | ['serve', Of, port: MessagePort]
  | ['appoint', Of]
  | ['drop', Of, cause: string | undefined]
  | ['close', Of]
  | ['destroy', Of, EngineOptions]
  | ['repair', Of, EngineOptions];

export type FromWorker =
  /** What was asked for is done: an engine that is open has settings, a repair a report. */
  | ['done', Of, value: EngineSettings | RepairReport | undefined]
  | ['refused', Of, name: string, message: string]
  | ['event', Of, kind: string, detail: string]
  /** The engine failed, or another owner has come. */
  | ['failed', Of, message: string, name: string]
  | ['seen', Of, hasSuccessor: boolean];
