/** What a file of the pool begins with: two slots, one of which says what the file is (FORMAT-files.md). */

/** Bytes of a slot: a page, so that a write of one that the power cuts off leaves the other as it was. */
export const SLOT = 4096;
/** Where what the store keeps begins. */
export const DATA = 2 * SLOT;

const MAGIC = 0x314f5444;
/** Magic, checksum, generation, length of the path. */
const FIXED = 18;

/** What a slot says. */
export interface Header {
  /** The greater one counts, of the slots of a file and of the files of a path. */
  generation: number;
  /** Empty: the file is free. */
  path: string;
}

export function encodeHeader({ generation, path }: Header): Uint8Array {
  const name = new TextEncoder().encode(path);
  if (FIXED + name.length > SLOT) throw new Error(`path too long: ${path}`);
  const bytes = new Uint8Array(SLOT);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setBigUint64(8, BigInt(generation), true);
  view.setUint16(16, name.length, true);
  bytes.set(name, FIXED);
  view.setUint32(4, crc32(bytes.subarray(8, FIXED + name.length)), true);
  return bytes;
}

/** Nothing for a slot that was never written, or not to its end, or was damaged. */
export function decodeHeader(bytes: Uint8Array): Header | undefined {
  if (bytes.length < SLOT) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, SLOT);
  const end = FIXED + view.getUint16(16, true);
  if (view.getUint32(0, true) !== MAGIC || end > SLOT) return undefined;
  if (view.getUint32(4, true) !== crc32(bytes.subarray(8, end))) return undefined;
  const path = new TextDecoder().decode(bytes.subarray(FIXED, end));
  return { generation: Number(view.getBigUint64(8, true)), path };
}

/** CRC-32 of the IEEE polynomial. Bit by bit: slots are few. */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
