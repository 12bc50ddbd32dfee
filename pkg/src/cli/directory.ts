/** The directory of a database that is to be there already. */

import { existsSync, readdirSync } from 'node:fs';
import { UsageError } from './usage.js';

/** The directory that `command` was given. Opening would make a database of a mistyped one, and find it sound. */
export function existing(command: string, dir: string | undefined): string {
  if (dir === undefined) throw new UsageError(`${command} needs --dir`);
  const ours = (name: string) => /^(segment|index)-[0-9a-f]{16}$/.test(name);
  if (!existsSync(dir) || !readdirSync(dir).some(ours)) throw new Error(`there is no database in ${dir}`);
  return dir;
}
