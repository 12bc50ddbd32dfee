/** A table as a file: every item as DynamoDB JSON on a line of its own, as exports to S3 have it. */

import type { Client } from 'dynatab';
import { jsonItem } from './values.js';

export async function exportTable(client: Client, table: string): Promise<{ blob: Blob; count: number }> {
  const parts: Blob[] = [];
  let count = 0;
  let from: Record<string, never> | undefined;
  do {
    const input = { TableName: table, ...(from ? { ExclusiveStartKey: from } : {}) };
    const { Items = [], LastEvaluatedKey: next } = await client.scan(input);
    count += Items.length;
    parts.push(new Blob(Items.map((item) => `${JSON.stringify({ Item: jsonItem(item) })}\n`)));
    from = next as typeof from;
  } while (from);
  return { blob: new Blob(parts, { type: 'application/x-ndjson' }), count };
}

export function download(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
