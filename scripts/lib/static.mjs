// A small file server on loopback, for the page and for browser tests.

import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.csv': 'text/csv; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** The file that a request path names below `root`, which may be a file itself, or undefined. */
function locate(root, path) {
  if (path === '/' && statSync(root, { throwIfNoEntry: false })?.isFile()) return root;
  let name;
  try {
    name = decodeURIComponent(path.split('?')[0]);
  } catch {
    return undefined;
  }
  const full = normalize(join(root, name.endsWith('/') ? `${name}index.html` : name));
  if (name.includes('\0') || !full.startsWith(normalize(root) + sep)) return undefined;
  return statSync(full, { throwIfNoEntry: false })?.isFile() ? full : undefined;
}

/** What is worth packing; the rest is packed already. */
const PACKABLE = /^(text\/|application\/(json|wasm|manifest))|svg/;

/** Files packed before, by path and time of change. */
const packed = new Map();

function gzipped(file, mtimeMs) {
  const key = `${file} ${mtimeMs}`;
  if (!packed.has(key)) packed.set(key, gzipSync(readFileSync(file)));
  return packed.get(key);
}

/**
 * Serves the files below `mounts` ({ '/': folder, '/dist/': folder }, the longest prefix first) on 127.0.0.1.
 * Resolves with { url, port, close } once it listens; port 0 takes a free one. `cache` is what browsers are told of
 * keeping files.
 */
export function serveFiles(mounts, port = 0, { cache = 'no-cache' } = {}) {
  const prefixes = Object.keys(mounts).sort((a, b) => b.length - a.length);
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const prefix = prefixes.find((prefix) => path.startsWith(prefix));
    const file = prefix && locate(mounts[prefix], `/${path.slice(prefix.length)}`);
    if (!file || !['GET', 'HEAD'].includes(request.method ?? '')) {
      response
        .writeHead(file ? 405 : 404, { 'content-type': 'text/plain' })
        .end(file ? 'method not allowed' : 'not found');
      return;
    }
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    const { mtimeMs, size } = statSync(file);
    const etag = `"${size.toString(36)}-${mtimeMs.toString(36)}"`;
    const headers = { 'content-type': type, 'cache-control': cache, etag, vary: 'accept-encoding' };
    if (request.headers['if-none-match'] === etag) {
      response.writeHead(304, headers).end();
    } else if (PACKABLE.test(type) && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
      const body = gzipped(file, mtimeMs);
      response.writeHead(200, { ...headers, 'content-encoding': 'gzip', 'content-length': body.length });
      response.end(request.method === 'HEAD' ? undefined : body);
    } else {
      response.writeHead(200, { ...headers, 'content-length': size });
      if (request.method === 'HEAD') response.end();
      else createReadStream(file).pipe(response);
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const taken = server.address().port;
      const close = () =>
        new Promise((done) => {
          server.close(() => done());
          server.closeAllConnections();
        });
      resolve({ url: `http://127.0.0.1:${taken}`, port: taken, close });
    });
  });
}
