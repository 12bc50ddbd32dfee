/** Loading a dump into a database that was just opened. */

import { DumpError } from '../errors/index.js';
import type { Progress } from '../types.js';
import type { Connection } from './connection.js';
import { progressOf } from './dump.js';

/** What a dump is read from. It may be packed with gzip, as `db.dump()` makes it, or not. */
export type DumpSource = Blob | Uint8Array | ArrayBuffer | ReadableStream<Uint8Array> | Response;

/** Bytes given to the engine at once. */
const PART = 256 * 1024;

/** Loads a dump; all of it is there when this resolves, and nothing when it rejects. */
export async function load(
  connection: Connection,
  from: DumpSource,
  progress?: (done: Progress) => void,
): Promise<void> {
  const source = new Source(streamOf(from));
  const id = connection.ticket();
  try {
    // A database with tables says so before anything is read.
    await connection.transfer((engine) => engine.load(id, new Uint8Array(0)));
    for (;;) {
      const chunk = await source.read();
      if (!chunk) break;
      for (let at = 0; at < chunk.length; at += PART) {
        const part = chunk.subarray(at, at + PART);
        const done = await connection.transfer((engine) => engine.load(id, part));
        progress?.(progressOf(done));
      }
    }
    await connection.transfer((engine) => engine.load(id));
  } catch (error) {
    await source.cancel(error);
    await connection.transfer((engine) => engine.abandon(id)).catch(() => undefined);
    throw error;
  }
}

/** The bytes of a dump, unpacked. */
class Source {
  private readonly raw: ReadableStreamDefaultReader<Uint8Array>;
  /** What follows the first bytes, unpacked. */
  private unpacked: ReadableStreamDefaultReader<Uint8Array> | undefined;
  /** What the stream we were given failed with. */
  private failure: { cause: unknown } | undefined;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.raw = stream.getReader();
  }

  async read(): Promise<Uint8Array | undefined> {
    this.unpacked ??= await this.begin();
    try {
      const { done, value } = await this.unpacked.read();
      return done ? undefined : value;
    } catch (error) {
      if (this.failure) throw this.failure.cause;
      throw new DumpError(`the dump is damaged or cut off: it cannot be unpacked (${textOf(error)})`, {
        cause: error,
      });
    }
  }

  async cancel(reason: unknown): Promise<void> {
    await (this.unpacked ?? this.raw).cancel(reason).catch(() => undefined);
  }

  /** Looks at the first two bytes, which say whether the rest is packed. */
  private async begin(): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    let first = new Uint8Array(0);
    while (first.length < 2) {
      const more = await this.next();
      if (!more) break;
      const joined = new Uint8Array(first.length + more.length);
      joined.set(first);
      joined.set(more, first.length);
      first = joined;
    }
    const all = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(first),
      pull: async (controller) => {
        const more = await this.next();
        if (more) controller.enqueue(more);
        else controller.close();
      },
      cancel: (reason) => this.raw.cancel(reason),
    });
    if (first[0] !== 0x1f || first[1] !== 0x8b) return all.getReader();
    if (typeof DecompressionStream === 'undefined') {
      throw new DumpError('the dump is packed with gzip, and this runtime has no DecompressionStream');
    }
    const through = new DecompressionStream('gzip') as TransformStream<Uint8Array, Uint8Array>;
    return all.pipeThrough(through).getReader();
  }

  private async next(): Promise<Uint8Array | undefined> {
    let chunk: ReadableStreamReadResult<Uint8Array>;
    try {
      chunk = await this.raw.read();
    } catch (cause) {
      this.failure = { cause };
      throw cause;
    }
    if (!chunk.done && !ArrayBuffer.isView(chunk.value)) {
      const cause = new TypeError('load: a stream of bytes is needed');
      this.failure = { cause };
      throw cause;
    }
    return chunk.done ? undefined : chunk.value;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** By their members, not their classes: a page may be given one of another realm. */
function streamOf(from: DumpSource): ReadableStream<Uint8Array> {
  if (typeof from === 'object' && from !== null) {
    if ('getReader' in from) return from;
    if ('body' in from && 'ok' in from) {
      if (!from.ok) throw new DumpError(`the dump was not found: ${from.url} answered ${from.status}`);
      return from.body ?? bytes(new Uint8Array(0));
    }
    if (ArrayBuffer.isView(from)) return bytes(new Uint8Array(from.buffer, from.byteOffset, from.byteLength));
    if ('stream' in from) return from.stream();
    if (from instanceof ArrayBuffer) return bytes(new Uint8Array(from));
  }
  throw new TypeError('load: a Blob, a Uint8Array, a ReadableStream or a Response is needed');
}

/** Bytes part by part, so that unpacking them holds no more than a part. */
function bytes(all: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= all.length) return controller.close();
      controller.enqueue(all.subarray(at, at + PART));
      at += PART;
    },
  });
}
