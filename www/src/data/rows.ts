/** Files as rows: JSON lines, JSON arrays and CSV. A row that cannot be read is a failure with its line. */

import Papa from 'papaparse';
import { isObject, nativeItem, readJsonItem } from './values.js';

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
      if (isObject(item)) found.rows.push({ line, item: exported(item) ?? item });
      else found.failures.push({ line, message: 'not a JSON object' });
    } catch (error) {
      // The parser sees one line alone: its own "line 1" would only confuse.
      found.failures.push({ line, message: (error as Error).message.replace(/ \(line 1 column \d+\)$/, '') });
    }
  }
  return found;
}

/** What a line of an export holds: `{"Item": {...}}` in DynamoDB JSON. */
function exported(data: Record<string, unknown>): Record<string, unknown> | undefined {
  const { Item: item, ...rest } = data;
  if (!isObject(item) || Object.keys(rest).length > 0) return undefined;
  const typed = Object.values(item).every((value) => isObject(value) && Object.keys(value).length === 1);
  return typed ? nativeItem(readJsonItem(item)) : undefined;
}

/**
 * CSV with a header. A column whose every field is a number that JavaScript holds exactly becomes numbers, one of true
 * and false becomes booleans, all else is text; empty fields are left out.
 */
export function readCsvRows(text: string): Rows {
  const { data, errors } = Papa.parse<Record<string, string>>(
    text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n'),
    { header: true, skipEmptyLines: 'greedy' },
  );
  // What is said of no row is only that the delimiter was a guess.
  const wrong = new Map(errors.flatMap(({ row, message }) => (row === undefined ? [] : [[row, message]])));
  const found: Rows = { rows: [], failures: [] };
  const names = Object.keys(data[0] ?? {});
  const readers = new Map(names.map((name) => [name, readerOf(data.map((record) => record[name] ?? ''))]));
  data.forEach((record, at) => {
    const line = at + 2;
    const message = wrong.get(at);
    if (message) return found.failures.push({ line, message });
    const fields = Object.entries(record).filter(([, field]) => field !== '');
    return found.rows.push({
      line,
      item: Object.fromEntries(fields.map(([name, field]) => [name, readers.get(name)!(field)])),
    });
  });
  return found;
}

/** How to read the fields of a column. */
function readerOf(fields: string[]): (field: string) => unknown {
  const full = fields.filter((field) => field !== '');
  // Written back it must be the same: 007 and long numbers are names, not amounts.
  if (full.length > 0 && full.every((field) => String(Number(field)) === field)) return Number;
  if (full.length > 0 && full.every((field) => /^(true|false)$/.test(field)))
    return (field) => field === 'true';
  return (field) => field;
}

/** The attributes of rows: how many rows have each, of what types, and one value of it. */
export interface Column {
  name: string;
  types: string[];
  count: number;
  sample: string;
}

const TYPE_NAMES: Record<string, string> = { string: 'text', number: 'number', boolean: 'boolean' };

export function columnsOf(rows: Row[]): Column[] {
  const columns = new Map<string, { types: Set<string>; count: number; sample: string }>();
  for (const { item } of rows) {
    for (const [name, value] of Object.entries(item)) {
      const type =
        value === null ? 'null' : Array.isArray(value) ? 'list' : (TYPE_NAMES[typeof value] ?? 'map');
      const column = columns.get(name) ?? { types: new Set(), count: 0, sample: '' };
      column.types.add(type);
      column.count++;
      column.sample ||= (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 80);
      columns.set(name, column);
    }
  }
  return [...columns].map(([name, { types, count, sample }]) => ({ name, types: [...types], count, sample }));
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
