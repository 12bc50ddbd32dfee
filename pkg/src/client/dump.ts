/** A database as one file: the stream of a dump. */

import { DumpError } from '../errors/index.js';
import type { Progress } from '../types.js';
import type { EngineProgress } from '../wasm.js';
import type { Connection } from './connection.js';
import { Through } from './through.js';

/** Options of `db.dump`. */
export interface DumpOptions {
  /** Called with each part that was read: items and bytes so far, and how many there were when the dump began. */
  progress?: ((done: Progress) => void) | undefined;
  /** Ends the dump; the stream fails with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** `gzip` (the default), or `none` for the same file unpacked; `open({ load })` takes both. */
  compression?: 'gzip' | 'none' | undefined;
}

/** A dump of what `connection` is open on, as a stream of bytes. */
export function dump(connection: Connection, options: DumpOptions = {}): ReadableStream<Uint8Array> {
  const { progress, signal, compression = 'gzip' } = options;
  if (compression !== 'gzip' && compression !== 'none')
    throw new TypeError(`compression: unknown value ${String(compression)}; use "gzip" or "none"`);
  if (compression === 'gzip' && typeof CompressionStream === 'undefined')
    throw new DumpError(
      'this runtime has no CompressionStream; db.dump({ compression: "none" }) gives the same file unpacked',
    );
  const gzip = compression === 'gzip' ? new Through(new CompressionStream('gzip')) : undefined;
  const id = connection.ticket();
  // The picture is taken now, not when somebody begins to read.
  const begun = connection.transfer(id, (link) => link.dump(id));
  const next = async () => {
    const part = await connection.transfer(id, (link) => link.dump(id));
    if (part) progress?.(progressOf(part));
    return part?.[4];
  };
  let ended = false;
  let aborted = () => {};
  const end = () => {
    ended = true;
    signal?.removeEventListener('abort', aborted);
    gzip?.close();
    return begun.then(() => connection.transfer(id, (link) => link.abandon(id))).catch(() => undefined);
  };
  return new ReadableStream<Uint8Array>(
    {
      async start(controller) {
        aborted = () => {
          controller.error(signal!.reason);
          void end();
        };
        if (signal?.aborted) return aborted();
        signal?.addEventListener('abort', aborted);
        await begun;
      },
      async pull(controller) {
        try {
          const bytes = await (gzip ? gzip.read(next) : next());
          if (ended) return;
          if (bytes) return controller.enqueue(bytes);
          controller.close();
          await end();
        } catch (error) {
          await end();
          throw error;
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

/** The progress of a part of a dump or a load. */
export function progressOf([items, bytes, totalItems, totalBytes]: EngineProgress): Progress {
  return { items, bytes, totalItems, totalBytes };
}
