// Endpoints with an access key: their environment, and two callers.

import { DynamoDB } from '@aws-sdk/client-dynamodb';

export const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a secret' };
/** What an endpoint with that key has in its environment. */
export const SECRETS = {
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
};
/** What an endpoint has there that is to be open. */
export const OPEN = { DYNATAB_OPEN_TO_THE_WORLD: 'true' };

/** The tables, as an AWS SDK with the key is told. */
export async function signed(endpoint) {
  const client = new DynamoDB({ endpoint, region: 'local', credentials: CREDENTIALS, maxAttempts: 1 });
  try {
    return (await client.listTables({})).TableNames;
  } finally {
    client.destroy();
  }
}

/** Status and text of the answer to a request that nobody signed. */
export async function unsigned(endpoint) {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.ListTables' },
    body: '{}',
  });
  return `${answer.status} ${await answer.text()}`;
}
