// The processes below one of our own, from /proc.

import { readdirSync, readFileSync } from 'node:fs';

function read(pid, what) {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8');
  } catch {
    return ''; // It has ended.
  }
}

/** The parent of a process: the second word after its name, which may have spaces and brackets itself. */
const parentOf = (pid) => Number(/.*\) \S+ (\d+)/s.exec(read(pid, 'stat'))?.[1]);

/** A process and all below it, the oldest first, with their command lines. */
export function tree(root) {
  const children = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(name);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const pids = [root];
  for (const pid of pids) pids.push(...(children.get(pid) ?? []));
  return pids.map((pid) => ({ pid, command: read(pid, 'cmdline').replaceAll('\0', ' ') }));
}

/** Ends processes at once, without a word. Gives how many there were. */
export function kill(processes) {
  let count = 0;
  for (const { pid } of processes) {
    try {
      process.kill(pid, 'SIGKILL');
      count++;
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
  return count;
}
