/**
 * Signature Version 4 of requests, checked with the runtime's own cryptography. Texts of refusals are the service's.
 */

import type { WireAnswer, WireRequest } from '../link/link.js';
import { operationOf } from '../operations.js';

/** An access key that requests may be signed with. */
export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  /** Given, requests have to carry it as `x-amz-security-token`. */
  sessionToken?: string | undefined;
}

/** A request with all that is signed. */
export interface SignedRequest extends WireRequest {
  /** The query without its question mark. */
  query: string;
  header(name: string): string | undefined;
}

/** Minutes that the clocks of signer and endpoint may be apart. */
const SKEW = 5;
const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * Answers a request that is signed with one of `keys`. Of another one `answer` sees no operation, and so runs none: it is
 * asked because the service says first that it cannot read a request, and then that it is not signed.
 *
 * @throws TypeError when a key lacks its secret, as one from an environment where it is not set: everybody could sign.
 */
export async function answerSigned(
  request: SignedRequest,
  keys: readonly AccessKey[],
  answer: (request: WireRequest) => Promise<WireAnswer>,
): Promise<WireAnswer> {
  if (!keys.every((key) => key.accessKeyId && key.secretAccessKey))
    throw new TypeError('accessKeys: a key lacks its accessKeyId or its secretAccessKey');
  const { method, path, target = '', contentType, host, body } = request;
  const refused = await check(request, keys);
  if (!refused) return answer({ method, path, target, contentType, host, body });
  const said = await answer({ method, path, target: undefined, contentType, body });
  const named = operationOf(target) !== undefined;
  const unread = said.status !== 400 || !new TextDecoder().decode(said.body).includes('UnknownOperation');
  return named && !unread ? refused : said;
}

/** Undefined when the signature is right, otherwise the refusal. */
async function check(request: SignedRequest, keys: readonly AccessKey[]): Promise<WireAnswer | undefined> {
  const text = request.header('authorization');
  const inQuery = new URLSearchParams(request.query).has('X-Amz-Algorithm');
  if (text === undefined) {
    return inQuery
      ? refusal('IncompleteSignature', 'Signatures are taken from the Authorization header only')
      : refusal('MissingAuthenticationToken', 'Request is missing Authentication Token');
  }
  if (inQuery) {
    return refusal(
      'InvalidSignature',
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
  }
  const given = parts(text);
  const date = request.header('x-amz-date') ?? basic(request.header('date'));
  const missing = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => !given.get(name))
    .map((name) => `Authorization header requires '${name}' parameter. `);
  if (date === undefined) {
    missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
  }
  if (!text.startsWith(ALGORITHM) || date === undefined || missing.length > 0) {
    return refusal('IncompleteSignature', `${missing.join('')}Authorization=${text}`);
  }
  const [id = '', ...scope] = given.get('Credential')!.split('/');
  const [day, , service, ending] = scope;
  if (scope.length !== 4 || ending !== 'aws4_request') {
    return refusal(
      'IncompleteSignature',
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${given.get('Credential')}'`,
    );
  }
  const key = keys.find(({ accessKeyId }) => accessKeyId === id);
  if (
    !key ||
    (key.sessionToken !== undefined && key.sessionToken !== request.header('x-amz-security-token'))
  ) {
    return refusal('UnrecognizedClient', 'The security token included in the request is invalid.');
  }
  if (service !== 'dynamodb') {
    return refusal('InvalidSignature', "Credential should be scoped to correct service: 'dynamodb'.");
  }
  const late = skewed(date);
  if (late !== undefined) return refusal('InvalidSignature', late);
  const names = given.get('SignedHeaders')!.split(';');
  // Without them a signature could be sent to another host, or for another operation.
  const covered = day === date.slice(0, 8) && ['host', 'x-amz-target'].every((name) => names.includes(name));
  const right = await sign(request, key.secretAccessKey, date, scope, names);
  if (!covered || !equal(right, given.get('Signature')!)) {
    return refusal(
      'InvalidSignature',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }
  return undefined;
}

/** `Credential=..., SignedHeaders=..., Signature=...` behind the algorithm. */
function parts(authorization: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of authorization.slice(ALGORITHM.length).split(',')) {
    const at = part.indexOf('=');
    if (at > 0) found.set(part.slice(0, at).trim(), part.slice(at + 1).trim());
  }
  return found;
}

/** A time as signatures have it: 20260101T000000Z. */
function basic(time: string | number | undefined): string | undefined {
  const date = new Date(time ?? NaN);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** What is wrong with the time of a signature, if anything. */
function skewed(date: string): string | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(at))
    return `Date must be in ISO-8601 'basic format'. Got '${date}'. See http://en.wikipedia.org/wiki/ISO_8601`;
  const now = Date.now();
  const span = SKEW * 60_000;
  if (at < now - span) {
    return `Signature expired: ${date} is now earlier than ${basic(now - span)} (${basic(now)} - ${SKEW} min.)`;
  }
  if (at > now + span) {
    return `Signature not yet current: ${date} is still later than ${basic(now + span)} (${basic(now)} + ${SKEW} min.)`;
  }
  return undefined;
}

async function sign(
  { method, path, query, header, body }: SignedRequest,
  secret: string,
  date: string,
  scope: string[],
  names: string[],
): Promise<string> {
  const canonical = [
    method.toUpperCase(),
    path || '/',
    query.split('&').filter(Boolean).sort().join('&'),
    ...names.map((name) => `${name}:${(header(name) ?? '').trim().replace(/\s+/g, ' ')}`),
    '',
    names.join(';'),
    hex(await crypto.subtle.digest('SHA-256', body as BufferSource)),
  ].join('\n');
  const digest = await crypto.subtle.digest('SHA-256', utf8.encode(canonical));
  const text = [ALGORITHM, date, scope.join('/'), hex(digest)].join('\n');
  let signing: BufferSource = utf8.encode(`AWS4${secret}`);
  for (const part of scope) signing = await hmac(signing, part);
  return hex(await hmac(signing, text));
}

async function hmac(key: BufferSource, text: string): Promise<ArrayBuffer> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign']);
  return crypto.subtle.sign('HMAC', imported, utf8.encode(text));
}

const utf8 = /* @__PURE__ */ new TextEncoder();

const hex = (bytes: ArrayBuffer) =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Compares in a time that tells nothing about where two texts differ. */
function equal(right: string, given: string): boolean {
  let difference = right.length ^ given.length;
  for (let at = 0; at < right.length; at++) difference |= right.charCodeAt(at) ^ given.charCodeAt(at);
  return difference === 0;
}

function refusal(code: string, message: string): WireAnswer {
  return {
    status: 400,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: utf8.encode(JSON.stringify({ __type: `com.amazon.coral.service#${code}Exception`, message })),
  };
}
