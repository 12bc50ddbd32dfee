/** `dynatab dump`: a database of files as one file. */

import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import type { Progress } from '../types.js';
import { existing } from './directory.js';
import { interruptible, ProgressLine } from './progress.js';
import { secret } from './secret.js';
import { UsageError, type Package } from './usage.js';

export const USAGE = `dynatab dump --dir PATH [--out FILE]

  writes the database of the directory to a file, or to standard output
`;

export const OPTIONS = { dir: { type: 'string' }, out: { type: 'string' } } as const;

export async function run({ dir, out }: { dir?: string; out?: string }, { open }: Package): Promise<void> {
  const path = existing('dump', dir);
  if (out === undefined && process.stdout.isTTY)
    throw new UsageError('a dump is no text for a terminal: give --out FILE, or redirect the output');
  const db = await open({ name: 'dynatab', storage: 'files', path, ...secret() });
  const line = new ProgressLine('dumped');
  let last: Progress | undefined;
  const progress = (done: Progress) => {
    last = done;
    line.show(done);
  };
  try {
    if (out === undefined) {
      // Writing to a pipe that is full stops everything, signals too, unless they end the process as they do by default.
      await through(db.dump({ progress }), process.stdout);
      return;
    }
    const interrupted = await interruptible((signal) => toFile(db.dump({ progress, signal }), out));
    line.clear();
    if (interrupted !== undefined) process.exitCode = interrupted;
    else console.log(`dumped ${last?.items ?? 0} items to ${out}`);
  } finally {
    line.clear();
    await db.close();
  }
}

/** Under another name until it is complete: no file is ever taken for a dump that is only the beginning of one. */
async function toFile(stream: ReadableStream<Uint8Array>, file: string): Promise<void> {
  const partial = `${file}.partial`;
  try {
    await through(stream, createWriteStream(partial, { flush: true }));
    renameSync(partial, file);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

function through(stream: ReadableStream<Uint8Array>, to: Writable): Promise<void> {
  return pipeline(Readable.fromWeb(stream as NodeStream<Uint8Array>), to);
}
