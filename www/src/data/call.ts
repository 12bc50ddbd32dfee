/** Any operation as AWS JSON, as it goes over the wire: how the console talks to the database. */

import type { Database } from 'dynatab';

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
      'x-amz-target': `DynamoDB_20120810.${operation}`,
    },
    body: input,
  });
  const start = performance.now();
  const response = await db.fetch(request);
  const milliseconds = performance.now() - start;
  const body = (await response.json()) as Record<string, unknown>;
  return { ok: response.ok, body, milliseconds, units: unitsOf(body['ConsumedCapacity']) };
}

function unitsOf(consumed: unknown): number | undefined {
  if (consumed === undefined) return undefined;
  const all = (Array.isArray(consumed) ? consumed : [consumed]) as { CapacityUnits?: number }[];
  return all.reduce((sum, { CapacityUnits: units }) => sum + (units ?? 0), 0);
}
