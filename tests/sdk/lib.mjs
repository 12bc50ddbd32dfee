// The package as built, and what both SDK suites share.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const dist = fileURLToPath(new URL('../../pkg/dist/', import.meta.url));
assert.ok(existsSync(path.join(dist, 'node.js')), 'the package is not built: npm run build');

/** The package. */
export const dynatab = await import(pathToFileURL(path.join(dist, 'node.js')).href);

/** Any credentials will do. */
export const credentials = { accessKeyId: 'x', secretAccessKey: 'y' };

export const TABLE = {
  TableName: 'orders',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'N' },
    { AttributeName: 'status', AttributeType: 'S' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'byStatus',
      KeySchema: [{ AttributeName: 'status', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST',
};
