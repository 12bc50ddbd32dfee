/** Files as rows: JSON lines, JSON arrays and CSV. A row that cannot be read is a failure with its line. */

import { isObject } from './values.js';

export interface Row {
  /** Where it stood in the file, from 1. */
  line: number;
  item: Record<string, unknown>;
}

export interface Failure {
  line: number;
  message: string;
}

export interface Rows {
  rows: Row[];
  failures: Failure[];
}

/** JSON lines; a file that is one JSON array is read too, its elements counting as lines. */
export function readJsonRows(text: string): Rows {
  const body = text.replace(/^\uFEFF/, '');
  if (body.trimStart().startsWith('[')) {
    try {
      return sorted((JSON.parse(body) as unknown[]).map((data, at) => [at + 1, () => data]));
    } catch {
      // Lines of JSON that happen to begin with an array: each fails or not on its own.
    }
  }
  const lines = body.split(/\r?\n/).map((line, at) => [at + 1, line] as const);
  return sorted(
    lines
      .filter(([, line]) => line.trim() !== '')
      .map(([at, line]) => [at, () => JSON.parse(line) as unknown]),
  );
}

function sorted(entries: [number, () => unknown][]): Rows {
  const found: Rows = { rows: [], failures: [] };
  for (const [line, read] of entries) {
    try {
      const item = read();
      if (isObject(item)) found.rows.push({ line, item });
      else found.failures.push({ line, message: 'not a JSON object' });
    } catch (error) {
      // The parser sees one line alone: its own "line 1" would only confuse.
      found.failures.push({ line, message: (error as Error).message.replace(/ \(line 1 column \d+\)$/, '') });
    }
  }
  return found;
}

/** The records of a CSV text: quoted fields may hold commas, quotes and line ends. */
export function readCsv(text: string): string[][] {
  const records: string[][] = [[]];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,"\r\n]*))(,|\r?\n|$)/g)) {
    records.at(-1)!.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'));
    if (end !== ',') records.push([]);
  }
  return records.filter((record) => record.some((field) => field !== ''));
}

/** What a key needs: an attribute that every row has as text or number. */
export interface Inferred {
  partition: string;
  sort: string | undefined;
  /** Attributes that can be keys, with their types. */
  candidates: Map<string, 'S' | 'N'>;
}

/** Guesses keys: one attribute that tells all rows apart, else the first pair that does. */
export function inferKeys(rows: Row[]): Inferred {
  const sample = rows.slice(0, 5000).map((row) => row.item);
  const candidates = new Map<string, 'S' | 'N'>();
  for (const name of Object.keys(sample[0] ?? {})) {
    const types = new Set(sample.map((item) => typeof item[name]));
    const type = types.size === 1 ? [...types][0] : undefined;
    if (type === 'number') candidates.set(name, 'N');
    if (type === 'string' && !sample.some((item) => item[name] === '')) candidates.set(name, 'S');
  }
  const names = [...candidates.keys()];
  const distinct = (...of: string[]) =>
    new Set(sample.map((item) => JSON.stringify(of.map((name) => item[name])))).size === sample.length;
  const likely = (name: string) => (/(^|_|-)(id|key|pk|code|uuid)$|Id$/i.test(name) ? 0 : 1);
  const ordered = names.toSorted((a, b) => likely(a) - likely(b));
  const alone = ordered.find((name) => distinct(name));
  if (alone) return { partition: alone, sort: undefined, candidates };
  for (const partition of ordered.slice(0, 8)) {
    const sort = names.find((name) => name !== partition && distinct(partition, name));
    if (sort) return { partition, sort, candidates };
  }
  return { partition: names[0] ?? '', sort: undefined, candidates };
}

/** A table name from a file name: letters, digits, `_`, `-` and `.`, at least three of them. */
export function tableNameOf(file: string): string {
  const name = file.replace(/\.[^.]*$/, '').replace(/[^A-Za-z0-9_.-]+/g, '-');
  return (name.length < 3 ? `table-${name}` : name).slice(0, 255);
}
