/** Loading rows into a table: batches of 25, a few in flight, rows that are refused named one by one. */

import type { Database, DocumentClient, WriteRequest } from 'dynatab';
import { measure } from './meter.js';
import type { Failure, Row } from './rows.js';

/** The most that BatchWriteItem takes. */
const BATCH = 25;
/** Batches in flight: enough for their commits to travel together. */
const LANES = 4;

export interface Progress {
  total: number;
  /** Acknowledged by the database. */
  written: number;
  failures: Failure[];
  milliseconds: number;
}

/** Writes all rows, or as many as were begun when `signal` ends it; `report` hears of every batch. */
export async function loadRows(
  db: Database,
  table: string,
  rows: Row[],
  report: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<Progress> {
  const documents = db.documentClient({ marshallOptions: { removeUndefinedValues: true } });
  const start = performance.now();
  const progress: Progress = { total: rows.length, written: 0, failures: [], milliseconds: 0 };
  let next = 0;
  const lane = async () => {
    while (next < rows.length && !signal?.aborted) {
      const batch = rows.slice(next, (next += BATCH));
      const failures = await writeBatch(documents, table, batch);
      progress.written += batch.length - failures.length;
      progress.failures.push(...failures);
      progress.milliseconds = performance.now() - start;
      report({ ...progress });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  progress.failures.sort((a, b) => a.line - b.line);
  return progress;
}

async function writeBatch(documents: DocumentClient, table: string, batch: Row[]): Promise<Failure[]> {
  let requests: WriteRequest<Record<string, unknown>>[] = batch.map(({ item }) => ({
    PutRequest: { Item: item },
  }));
  try {
    for (let wait = 20; requests.length; wait = Math.min(wait * 2, 1000)) {
      const output = await measure('BatchWriteItem', table, () =>
        documents.batchWrite({ RequestItems: { [table]: requests }, ReturnConsumedCapacity: 'TOTAL' }),
      );
      requests = output.UnprocessedItems?.[table] ?? [];
      if (requests.length) await new Promise((done) => setTimeout(done, wait));
    }
    return [];
  } catch (error) {
    if ((error as Error).name !== 'ValidationException') throw error;
    // One bad item refuses its whole batch, and so do two of one key: item by item shows which.
    return writeSingly(documents, table, batch);
  }
}

async function writeSingly(documents: DocumentClient, table: string, batch: Row[]): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const { line, item } of batch) {
    try {
      await documents.put({ TableName: table, Item: item });
    } catch (error) {
      if ((error as Error).name !== 'ValidationException') throw error;
      failures.push({ line, message: (error as Error).message });
    }
  }
  return failures;
}
