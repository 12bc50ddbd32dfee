/** `dynatab load`: a database of files from a dump. */

import { createReadStream, existsSync, rmSync, statSync } from 'node:fs';
import { addAbortSignal, Readable } from 'node:stream';
import type { Progress } from '../types.js';
import { interruptible, ProgressLine } from './progress.js';
import { secret } from './secret.js';
import { UsageError, type Package } from './usage.js';

export const USAGE = `dynatab load --dir PATH [FILE]

  makes the database of the directory, which is new or has no tables, from a dump: a file, or standard input
`;

export const OPTIONS = { dir: { type: 'string' } } as const;

export const FILE = true;

export async function run({ dir }: { dir?: string }, { open }: Package, file = '-'): Promise<void> {
  if (dir === undefined) throw new UsageError('load needs --dir');
  if (file === '-' && process.stdin.isTTY)
    throw new UsageError('no dump: give its FILE, or pipe it to standard input');
  // Before anything is made.
  if (file !== '-' && statSync(file).isDirectory()) throw new Error(`${file} is a directory`);
  const fresh = !existsSync(dir);
  const line = new ProgressLine('loaded');
  let last: Progress | undefined;
  const load = async (signal: AbortSignal) => {
    const input = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 256 * 1024 });
    const db = await open({
      name: 'dynatab',
      storage: 'files',
      path: dir,
      ...secret(),
      load: Readable.toWeb(addAbortSignal(signal, input)) as ReadableStream<Uint8Array>,
      progress(done) {
        last = done;
        line.show(done);
      },
    });
    await db.close();
  };
  try {
    const interrupted = await interruptible(load);
    line.clear();
    if (interrupted === undefined) {
      console.log(`loaded ${last?.items ?? 0} items into ${dir}`);
      return;
    }
    process.exitCode = interrupted;
    if (fresh) rmSync(dir, { recursive: true, force: true });
  } catch (error) {
    line.clear();
    // A directory that was made for nothing goes.
    if (fresh) rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}
