/**
 * Bytes on their way through a CompressionStream or a DecompressionStream.
 *
 * By hand and not by `pipeThrough`: runtimes differ in what becomes of an error, or of an abort, within a pipe.
 */

/** Where the next bytes come from; nothing at the end. */
type Next = () => Promise<Uint8Array | undefined>;

export class Through {
  private readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What an error of the stream itself becomes. */
  private readonly refusal: (cause: unknown) => unknown;
  /** Rejects when it fails, and never resolves. */
  private feeding: Promise<never> | undefined;

  constructor(stream: CompressionStream | DecompressionStream, refusal = (cause: unknown) => cause) {
    const { readable, writable } = stream as unknown as TransformStream<Uint8Array, Uint8Array>;
    this.writer = writable.getWriter();
    this.reader = readable.getReader();
    this.refusal = refusal;
  }

  /** The next bytes that come out of it; `next` gives those that go in, and its errors come out as they are. */
  async read(next: Next): Promise<Uint8Array | undefined> {
    if (!this.feeding) {
      this.feeding = this.feed(next);
      // Whoever reads is told; until then it is nobody's.
      this.feeding.catch(() => undefined);
    }
    const read = this.reader.read().catch((cause: unknown) => {
      throw this.refusal(cause);
    });
    const { done, value } = await Promise.race([this.feeding, read]);
    return done ? undefined : value;
  }

  /** Gives it up. */
  close(): void {
    this.writer.abort().catch(() => undefined);
    this.reader.cancel().catch(() => undefined);
  }

  private async feed(next: Next): Promise<never> {
    for (;;) {
      const part = await next();
      try {
        // It is taken when there is room for what comes out, so that no more than a part is under way.
        await (part ? this.writer.write(part) : this.writer.close());
      } catch (cause) {
        throw this.refusal(cause);
      }
      if (!part) return new Promise<never>(() => undefined);
    }
  }
}
