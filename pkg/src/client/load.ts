/** Loading a dump into a database that was just opened. */

import { DumpError } from '../errors/index.js';
import type { Progress } from '../types.js';
import type { Connection } from './connection.js';
import { progressOf } from './dump.js';
import { Through } from './through.js';

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
    await connection.transfer(id, (link) => link.load(id, new Uint8Array(0)));
    for (;;) {
      const chunk = await source.read();
      if (!chunk) break;
      for (let at = 0; at < chunk.length; at += PART) {
        const part = chunk.subarray(at, at + PART);
        const done = await connection.transfer(id, (link) => link.load(id, part));
        progress?.(progressOf(done));
      }
    }
    await connection.transfer(id, (link) => link.load(id));
  } catch (error) {
    await source.cancel(error);
    await connection.transfer(id, (link) => link.abandon(id)).catch(() => undefined);
    throw error;
  }
}

/** The bytes of a dump, unpacked. */
class Source {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  /** Unpacks them; `null` where there is nothing to unpack, and nothing while it is not known. */
  private gzip: Through | null | undefined;
  /** What was read to find out. */
  private first: Uint8Array | undefined;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.reader = stream.getReader();
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.gzip === undefined) await this.begin();
    return this.gzip ? this.gzip.read(this.next) : this.next();
  }

  async cancel(reason: unknown): Promise<void> {
    this.gzip?.close();
    await this.reader.cancel(reason).catch(() => undefined);
  }

  /** Looks at the first two bytes, which say whether it is packed. */
  private async begin(): Promise<void> {
    let first = new Uint8Array(0);
    while (first.length < 2) {
      const more = await this.next();
      if (!more) break;
      const joined = new Uint8Array(first.length + more.length);
      joined.set(first);
      joined.set(more, first.length);
      first = joined;
    }
    this.first = first;
    this.gzip = null;
    if (first[0] !== 0x1f || first[1] !== 0x8b) return;
    if (typeof DecompressionStream === 'undefined') {
      throw new DumpError('the dump is packed with gzip, and this runtime has no DecompressionStream');
    }
    this.gzip = new Through(
      new DecompressionStream('gzip'),
      (cause) =>
        new DumpError(`the dump is damaged or cut off: it cannot be unpacked (${textOf(cause)})`, { cause }),
    );
  }

  private readonly next = async (): Promise<Uint8Array | undefined> => {
    const { first } = this;
    this.first = undefined;
    if (first) return first;
    const { done, value } = await this.reader.read();
    if (!done && !ArrayBuffer.isView(value)) throw new TypeError('load: a stream of bytes is needed');
    return value;
  };
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
