/** Any operation as AWS JSON, as it goes over the wire: how the console talks to the database. */

import type { Database } from 'dynatab';
import { record, unitsOf } from './meter.js';
import { ofStreams } from './operations.js';

export interface Answer {
  ok: boolean;
  /** The answer, or the error with its name first. */
  body: Record<string, unknown>;
  milliseconds: number;
  /** Capacity units of everything the call touched; undefined when it does not say. */
  units: number | undefined;
}

/** Sends a request by `db.fetch`, so that a person sees the protocol's own answer. */
export async function call(db: Database, operation: string, input: string): Promise<Answer> {
  const request = new Request('http://localhost/', {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB${ofStreams(operation) ? 'Streams' : ''}_20120810.${operation}`,
    },
    body: input,
  });
  const start = performance.now();
  const response = await db.fetch(request);
  const milliseconds = performance.now() - start;
  const body = (await response.json()) as Record<string, unknown>;
  const units = unitsOf(body['ConsumedCapacity']);
  record({ operation, table: tableOf(input), units: units ?? 0, milliseconds, at: Date.now() });
  return { ok: response.ok, body, milliseconds, units };
}

/** The tables a request speaks of, for a person. */
function tableOf(input: string): string {
  try {
    const request = JSON.parse(input) as Record<string, unknown>;
    const actions = (request['TransactItems'] ?? []) as Record<string, { TableName?: string }>[];
    const names = [
      request['TableName'],
      ...Object.keys((request['RequestItems'] ?? {}) as object),
      ...actions.flatMap((action) => Object.values(action).map(({ TableName: name }) => name)),
    ];
    return [...new Set(names.filter((name) => typeof name === 'string'))].join(', ');
  } catch {
    return '';
  }
}
