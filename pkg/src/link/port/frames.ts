/**
 * Calls or answers of one turn as one buffer: an operation or zero, the length, the call's number, the bytes; each begins
 * at a multiple of eight.
 */

const HEAD = 16;
const ROUND = 7;
/** A buffer that was larger is let go with what it held. */
const KEPT = 1 << 18;

export class FrameWriter {
  private buffer = new ArrayBuffer(1024);
  private at = 0;

  /** Copies the bytes from `start` to `end`. */
  add(operation: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    const from = this.at;
    const length = end - start;
    this.at = (from + HEAD + length + ROUND) & ~ROUND;
    if (this.at > this.buffer.byteLength) this.grow(from);
    const head = new DataView(this.buffer, from, HEAD);
    head.setUint32(0, operation, true);
    head.setUint32(4, length, true);
    head.setFloat64(8, id, true);
    new Uint8Array(this.buffer, from + HEAD).set(bytes.subarray(start, end));
  }

  /** How many bytes wait to be taken. */
  get length(): number {
    return this.at;
  }

  /** All that was added, as a buffer of its own. */
  take(): ArrayBuffer {
    const taken = this.buffer.slice(0, this.at);
    this.at = 0;
    if (this.buffer.byteLength > KEPT) this.buffer = new ArrayBuffer(1024);
    return taken;
  }

  private grow(used: number): void {
    const larger = new Uint8Array(Math.max(this.at, 2 * this.buffer.byteLength));
    larger.set(new Uint8Array(this.buffer, 0, used));
    this.buffer = larger.buffer;
  }
}

export class FrameReader {
  /** Of the call or answer that was read last. */
  operation = 0;
  id = 0;
  start = 0;
  end = 0;
  readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;

  constructor(frame: ArrayBuffer) {
    this.bytes = new Uint8Array(frame);
    this.view = new DataView(frame);
  }

  /** Reads the next; false at the end. */
  next(): boolean {
    const { at, view } = this;
    if (at + HEAD > view.byteLength) return false;
    this.operation = view.getUint32(at, true);
    this.id = view.getFloat64(at + 8, true);
    this.start = at + HEAD;
    this.end = this.start + view.getUint32(at + 4, true);
    this.at = (this.end + ROUND) & ~ROUND;
    return this.end <= view.byteLength;
  }
}
