/** What a commit comes to: its writes, which take effect in their order, as what they leave of each id. */

import { StoreFailure, type StoreSpace, type StoreWrite } from '../external.js';
import { IDS } from './keys.js';

export interface Id {
  space: StoreSpace;
  id: number;
}

export interface Put extends Id {
  value: Uint8Array;
}

/** Ids of a space from `from` up to `end`. */
export interface Range {
  space: StoreSpace;
  from: number;
  end: number;
}

export interface Net {
  puts: Put[];
  /** What goes of what was there before; no `puts` are in them. */
  ranges: Range[];
  /** What must not have been there. */
  absent: Id[];
}

const SPACES = [0, 1, 2] as const;

/** @throws StoreFailure `conflict` where a commit adds what it has put itself. */
export function netOf(writes: readonly StoreWrite[]): Net {
  const values = SPACES.map(() => new Map<number, Uint8Array>());
  const ranges: Range[] = [];
  const absent: Id[] = [];
  const covers = (space: StoreSpace, id: number) =>
    ranges.some((range) => range.space === space && range.from <= id && id < range.end);
  for (const write of writes) {
    const [kind, space, id] = write;
    const put = values[space]!;
    switch (kind) {
      case 'add':
        if (put.has(id)) throw new StoreFailure('conflict', 'the commit adds a value that it has put');
        if (!covers(space, id)) absent.push({ space, id });
        put.set(id, write[3]);
        break;
      case 'put':
        put.set(id, write[3]);
        break;
      case 'delete':
        put.delete(id);
        ranges.push({ space, from: id, end: id + 1 });
        break;
      case 'deleteRange': {
        const end = Math.min(write[3], IDS);
        if (id >= end) break;
        for (const other of put.keys()) if (id <= other && other < end) put.delete(other);
        ranges.push({ space, from: id, end });
      }
    }
  }
  return {
    puts: SPACES.flatMap((space) => [...values[space]!].map(([id, value]) => ({ space, id, value }))),
    ranges: ranges.flatMap((range) => without(range, values[range.space]!)),
    absent,
  };
}

/** The parts of a range that the ids of `put` leave. */
function without({ space, from, end }: Range, put: ReadonlyMap<number, unknown>): Range[] {
  const left: Range[] = [];
  const within = [...put.keys()].filter((id) => from <= id && id < end).sort((a, b) => a - b);
  let next = from;
  for (const id of [...within, end]) {
    if (next < id) left.push({ space, from: next, end: id });
    next = id + 1;
  }
  return left;
}

/** Ids as ranges. */
export function runsOf(ids: readonly Id[]): Range[] {
  const runs: Range[] = [];
  for (const { space, id } of [...ids].sort((a, b) => a.space - b.space || a.id - b.id)) {
    const last = runs.at(-1);
    if (last?.space === space && last.end === id) last.end++;
    else runs.push({ space, from: id, end: id + 1 });
  }
  return runs;
}

/** The ids of a range. */
export function* idsOf({ space, from, end }: Range): Generator<Id> {
  for (let id = from; id < end; id++) yield { space, id };
}
