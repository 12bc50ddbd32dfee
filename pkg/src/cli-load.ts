/** `dynatab load`: a database of files from a dump. */

import { createReadStream, existsSync, rmSync, statSync } from 'node:fs';
import { addAbortSignal, Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { interruptible, ProgressLine, UsageError } from './cli-usage.js';
import { open } from './node.js';
import type { Progress } from './types.js';

export const LOAD_USAGE = `usage: dynatab load --dir PATH [FILE]

  --dir    the directory of the database, which is made, or has no tables
  FILE     a dump; without it, or with -, standard input
`;

/** Gives the exit code. */
export async function loadCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { dir: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) {
    process.stdout.write(LOAD_USAGE);
    return 0;
  }
  const { dir } = values;
  const [file = '-', ...rest] = positionals;
  if (rest.length > 0) throw new UsageError(`unexpected argument: ${rest[0]}`);
  if (!dir) throw new UsageError('--dir: the directory of the database is needed');
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
    if (interrupted !== undefined && fresh) rmSync(dir, { recursive: true, force: true });
    if (interrupted !== undefined) return interrupted;
    console.log(`loaded ${last?.items ?? 0} items into ${dir}`);
    return 0;
  } catch (error) {
    line.clear();
    // A directory that was made for nothing goes.
    if (fresh) rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}
