/**
 * Examples: tables with some items and the requests that show what they are for. The gallery is made of them, and a
 * link can carry one to a colleague.
 */

import type { CreateTableInput } from 'dynatab';

export interface Call {
  title: string;
  operation: string;
  /** The request in AWS JSON. */
  input: Record<string, unknown>;
}

export interface ExampleTable {
  create: CreateTableInput & { TableName: string };
  /** Items in AWS JSON. */
  items: Record<string, unknown>[];
}

export interface Example {
  tables: ExampleTable[];
  calls: Call[];
}

/** What a link carries at most: longer ones do not survive every messenger. */
const MAX_LINK = 30_000;
const VERSION = 1;

async function through(bytes: Uint8Array, stream: ReadableWritablePair): Promise<Uint8Array> {
  const piped = new Blob([bytes as BlobPart]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(piped).arrayBuffer());
}

/** @throws an Error when the example is too large for a link. */
export async function toLink(example: Example): Promise<string> {
  const text = JSON.stringify({ version: VERSION, ...example });
  const packed = await through(new TextEncoder().encode(text), new CompressionStream('deflate-raw'));
  let binary = '';
  for (const byte of packed) binary += String.fromCharCode(byte);
  const code = btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  if (code.length > MAX_LINK) throw new Error('This is too much for a link: choose fewer items.');
  return `#/share/${code}`;
}

/** @throws an Error when the link is damaged or from a later version of this page. */
export async function fromLink(code: string): Promise<Example> {
  let data: unknown;
  try {
    const binary = atob(code.replaceAll('-', '+').replaceAll('_', '/'));
    const packed = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const text = new TextDecoder().decode(await through(packed, new DecompressionStream('deflate-raw')));
    data = JSON.parse(text);
  } catch {
    throw new Error('This link is damaged: it was cut off on its way, perhaps.');
  }
  const { version, tables, calls } = data as Partial<Example & { version: number }>;
  if (version !== VERSION) throw new Error('This link is from another version of this page.');
  if (!Array.isArray(tables) || !Array.isArray(calls)) throw new Error('This link carries no example.');
  return { tables, calls };
}
