/** Pages of Query and Scan, one after another. */

import type * as t from '../types.js';
import type { DocumentClient } from './document-client.js';
import { Client } from './low-level-client.js';

/** The first argument of the paginators; that of the AWS SDK. */
export interface PaginationConfig<C> extends t.CallOptions {
  client: C;
  /** The `Limit` of each request, when the input has none. */
  pageSize?: number | undefined;
  /** Where to start: a `LastEvaluatedKey`. */
  startingToken?: unknown;
  /** End when a page gives the key it started from. */
  stopOnSameToken?: boolean | undefined;
}

interface Paged {
  LastEvaluatedKey?: unknown;
}

async function* pages<I extends object, O extends Paged>(
  config: Omit<PaginationConfig<unknown>, 'client'>,
  input: I & { ExclusiveStartKey?: unknown; Limit?: number | undefined },
  request: (input: I) => Promise<O>,
): AsyncGenerator<O, void, undefined> {
  let token = config.startingToken ?? input.ExclusiveStartKey;
  for (;;) {
    const page = await request({ ...input, ExclusiveStartKey: token, Limit: input.Limit ?? config.pageSize });
    yield page;
    const next = page.LastEvaluatedKey;
    if (!next || (config.stopOnSameToken && next === token)) return;
    token = next;
  }
}

/** Every page of a Query. */
export function paginateQuery<T extends object = t.NativeMap>(
  config: PaginationConfig<DocumentClient>,
  input: t.QueryCommandInput<object>,
): AsyncGenerator<t.QueryCommandOutput<T>, void, undefined>;
export function paginateQuery(
  config: PaginationConfig<Client>,
  input: t.QueryItemsInput,
): AsyncGenerator<t.QueryItemsOutput, void, undefined>;
export function paginateQuery(
  config: PaginationConfig<DocumentClient> | PaginationConfig<Client>,
  input: t.QueryCommandInput<object> | t.QueryItemsInput,
): AsyncGenerator<unknown, void, undefined> {
  const { client } = config;
  if (client instanceof Client)
    return pages(config, input as t.QueryItemsInput, (page) => client.query(page, config));
  return pages(config, input as t.QueryCommandInput<object>, (page) => client.query(page, config));
}

/** Every page of a Scan. */
export function paginateScan<T extends object = t.NativeMap>(
  config: PaginationConfig<DocumentClient>,
  input: t.ScanCommandInput<object>,
): AsyncGenerator<t.ScanCommandOutput<T>, void, undefined>;
export function paginateScan(
  config: PaginationConfig<Client>,
  input: t.ScanItemsInput,
): AsyncGenerator<t.ScanItemsOutput, void, undefined>;
export function paginateScan(
  config: PaginationConfig<DocumentClient> | PaginationConfig<Client>,
  input: t.ScanCommandInput<object> | t.ScanItemsInput,
): AsyncGenerator<unknown, void, undefined> {
  const { client } = config;
  if (client instanceof Client)
    return pages(config, input as t.ScanItemsInput, (page) => client.scan(page, config));
  return pages(config, input as t.ScanCommandInput<object>, (page) => client.scan(page, config));
}
