// Calls of a database behind the router, and what is asked of its object.

import { ask } from './lib.mjs';

/** Calls operations of database `name`: the answer's body, or an error with its type. */
export async function caller(miniflare, name) {
  const url = new URL(name, await miniflare.ready);
  return async (operation, input) => {
    const service = /Stream|Shard|GetRecords/.test(operation) ? 'DynamoDBStreams' : 'DynamoDB';
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `${service}_20120810.${operation}`,
      },
      body: JSON.stringify(input),
    });
    const body = await answer.json();
    if (answer.status === 200) return body;
    throw Object.assign(new Error(`${operation}: ${body.__type} ${body.message}`), { status: answer.status });
  };
}

/** Asks the object of database `name` what the test's program tells of it. */
export const told = (miniflare, name, what) => ask(miniflare, `/-/${name}/${what}`);
