/** Reading one page of the screen. */

import type { AttributeMap, Client } from 'dynatab';
import { measure } from './meter.js';
import type { ReadRequest, Reading } from './request.js';

export interface Page {
  items: AttributeMap[];
  scanned: number;
  units: number;
  milliseconds: number;
  /** Where the next page starts; undefined at the end. */
  next: AttributeMap | undefined;
}

/**
 * Reads until the page is full or there is no more: a filter leaves out items after Limit has counted them, so one
 * request may find few or none.
 */
export async function readPage(
  client: Client,
  mode: Reading['mode'],
  request: ReadRequest,
  from: AttributeMap | undefined,
): Promise<Page> {
  const start = performance.now();
  const page: Page = { items: [], scanned: 0, units: 0, milliseconds: 0, next: from };
  do {
    const input = page.next ? { ...request, ExclusiveStartKey: page.next } : request;
    const output = await measure(mode === 'query' ? 'Query' : 'Scan', String(request.TableName), () =>
      mode === 'query' ? client.query(input) : client.scan(input),
    );
    page.items.push(...(output.Items ?? []));
    page.scanned += output.ScannedCount ?? 0;
    page.units += output.ConsumedCapacity?.CapacityUnits ?? 0;
    page.next = output.LastEvaluatedKey;
  } while (page.next && page.items.length < (request.Limit ?? 1));
  page.milliseconds = performance.now() - start;
  return page;
}
