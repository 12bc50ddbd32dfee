/** The Worker in front of the databases: it asks for signatures, and finds the object by the name in the path. */

import { answerSigned, type AccessKey } from '../client/signature.js';
import type { WireAnswer, WireRequest } from '../link/link.js';
import { failed, unknownOperation } from './answers.js';

/** A binding to a class of Durable Objects, as far as it is used. */
export interface DurableNamespace {
  idFromName(name: string): unknown;
  get(id: never): { fetch(request: Request): Promise<Response> };
}

/** An access key, and what it opens. */
export interface RouterKey extends AccessKey {
  /** The databases that requests signed with it may name; all when left out. */
  databases?: readonly string[] | undefined;
}

/** Options of `router`. */
export interface RouterOptions<Env> {
  /** The binding's name in the environment, or a function that gives it; `DATABASES` when left out. */
  binding?: string | ((env: Env) => DurableNamespace) | undefined;
  /**
   * Only requests signed with one of these are answered. Left out, the key of the secrets AWS_ACCESS_KEY_ID and
   * AWS_SECRET_ACCESS_KEY.
   */
  accessKeys?: readonly RouterKey[] | ((env: Env) => readonly RouterKey[]) | undefined;
  /**
   * True: where there is no key, whoever reaches the Worker reads and writes everything. Left out, the variable
   * DYNATAB_OPEN_TO_THE_WORLD says so with `true`. Where neither does, nothing is answered without a key.
   */
  openToTheWorld?: boolean | undefined;
  /**
   * The database that a request is for. Left out: the first part of the path, as of `https://worker.example/music`; only
   * letters, digits, `-`, `_` and `.`. Undefined: there is none, and the request is refused.
   */
  database?: string | ((request: Request) => string | undefined) | undefined;
}

/** What a module of a Worker exports by default. */
export interface Router<Env> {
  fetch(request: Request, env: Env): Promise<Response>;
}

const CLOSED =
  'This endpoint has no access key. Set the secrets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and sign requests with ' +
  'them, or set the variable DYNATAB_OPEN_TO_THE_WORLD to true to let whoever reaches it read and write everything.';
const UNNAMED =
  'Which database? Give the endpoint its name as the path, as in https://worker.example/music: 1 to 255 letters, digits, ' +
  'hyphens, underscores and dots.';

const NAME = /^[\w.-]{1,255}$/;

/** The Worker that answers for all databases of a binding: `export default router()`. */
export function router<Env = unknown>(options: RouterOptions<Env> = {}): Router<Env> {
  return {
    async fetch(request, env) {
      try {
        return await route(request, env, options);
      } catch (error) {
        return failed(error);
      }
    },
  };
}

async function route<Env>(request: Request, env: Env, options: RouterOptions<Env>): Promise<Response> {
  const keys = keysOf(env, options);
  const name = nameOf(request, options);
  const url = new URL(request.url);
  const ask = async (wire: WireRequest): Promise<Response> => {
    // Nothing that is not signed comes to an object: to call one is to make it.
    if (wire.method !== 'POST' || wire.target === undefined) return unknownOperation();
    if (name === undefined) throw new Error(UNNAMED);
    const namespace = namespaceOf(env, options);
    const object = namespace.get(namespace.idFromName(name) as never);
    const headers: Record<string, string> = { 'x-amz-target': wire.target };
    for (const header of ['content-type', 'content-encoding']) {
      const value = request.headers.get(header);
      if (value !== null) headers[header] = value;
    }
    return object.fetch(
      new Request(new URL('/', url), { method: 'POST', headers, body: wire.body as Uint8Array<ArrayBuffer> }),
    );
  };
  const header = (name: string) => request.headers.get(name) ?? (name === 'host' ? url.host : undefined);
  const wire: WireRequest = {
    method: request.method,
    path: url.pathname,
    target: header('x-amz-target'),
    contentType: header('content-type'),
    host: url.host,
    body: new Uint8Array(await request.arrayBuffer()),
  };
  if (!keys) return ask(wire);
  // To a key, a database that is not one of its own is none.
  const allowed = keys.filter(
    ({ databases }) => !databases || (name !== undefined && databases.includes(name)),
  );
  const answer = await answerSigned({ ...wire, query: url.search.slice(1), header }, allowed, async (asked) =>
    answerOf(await ask(asked)),
  );
  return new Response(answer.body as Uint8Array<ArrayBuffer>, {
    status: answer.status,
    headers: answer.headers,
  });
}

/** Undefined: whoever comes is answered. */
function keysOf<Env>(env: Env, options: RouterOptions<Env>): readonly RouterKey[] | undefined {
  const { accessKeys } = options;
  if (accessKeys) return typeof accessKeys === 'function' ? accessKeys(env) : accessKeys;
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env as Partial<
    Record<string, string>
  >;
  if (accessKeyId && secretAccessKey) return [{ accessKeyId, secretAccessKey }];
  const { DYNATAB_OPEN_TO_THE_WORLD: open } = env as Partial<Record<string, unknown>>;
  if (options.openToTheWorld ?? open === 'true') return undefined;
  throw new Error(CLOSED);
}

function nameOf<Env>(request: Request, options: RouterOptions<Env>): string | undefined {
  const { database } = options;
  if (typeof database === 'string') return database;
  if (database) return database(request);
  const [, name = ''] = new URL(request.url).pathname.split('/');
  return NAME.test(name) ? name : undefined;
}

function namespaceOf<Env>(env: Env, { binding = 'DATABASES' }: RouterOptions<Env>): DurableNamespace {
  if (typeof binding === 'function') return binding(env);
  const namespace = (env as Record<string, DurableNamespace | undefined>)[binding];
  if (!namespace)
    throw new Error(
      `The Worker has no binding ${binding}: bind the class of the databases under durable_objects`,
    );
  return namespace;
}

async function answerOf(response: Response): Promise<WireAnswer> {
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: new Uint8Array(await response.arrayBuffer()),
  };
}
