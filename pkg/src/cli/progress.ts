/** How far a command is, and the signals that end it. */

import type { Progress } from '../types.js';

/** Least time between two lines, in milliseconds. */
const PAUSE = 100;

/** A line on standard error that says how far something has come, where somebody looks at it. */
export class ProgressLine {
  private readonly verb: string;
  private last = 0;
  private shown = false;

  constructor(verb: string) {
    this.verb = verb;
  }

  /** Where the figures go. */
  readonly show = ({ items, bytes, totalItems, totalBytes }: Progress): void => {
    const now = Date.now();
    if (!process.stderr.isTTY || now - this.last < PAUSE) return;
    this.last = now;
    this.shown = true;
    const share = totalBytes > 0 ? ` (${Math.min(100, Math.floor((bytes / totalBytes) * 100))}%)` : '';
    process.stderr.write(`\r\x1b[K${this.verb} ${items} of ${totalItems} items${share}`);
  };

  /** Takes the line away. */
  clear(): void {
    if (this.shown) process.stderr.write('\r\x1b[K');
    this.shown = false;
  }
}

/** Runs something that SIGINT and SIGTERM end; gives the exit code of the signal that ended it, if one did. */
export async function interruptible(
  run: (signal: AbortSignal) => Promise<void>,
): Promise<number | undefined> {
  const controller = new AbortController();
  let code: number | undefined;
  const stop = (number: number) => () => {
    // The second signal does not wait.
    if (code !== undefined) process.exit(code);
    code = number;
    controller.abort(new Error('interrupted'));
  };
  const [interrupt, terminate] = [stop(130), stop(143)];
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', terminate);
  try {
    await run(controller.signal);
    return undefined;
  } catch (error) {
    if (code === undefined) throw error;
    return code;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', terminate);
  }
}
