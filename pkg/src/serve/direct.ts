/**
 * Requests that arrive whole, answered past `node:http`, which takes as long for each as the engine does.
 *
 * Only what every SDK sends is known here: `POST / HTTP/1.1` with a length, all of it in one read, nothing behind it.
 * A connection on which anything else comes is `node:http`'s from then on, with what was read given back; so the rest of
 * HTTP, and every refusal, has one place.
 */

import type * as http from 'node:http';
import type { Socket } from 'node:net';
import type { WireAnswer, WireRequest } from '../link/link.js';

/** Answers a request, or throws. */
export type Answer = (request: WireRequest) => Promise<WireAnswer>;

export interface Direct {
  /** Ends connections without a request under way, and the others after their answer. */
  close(): void;
  /** Ends them all. */
  destroy(): void;
}

export interface Rules {
  /** Whether a request with these headers may be answered at all. */
  accepts(host: string, contentType: string): boolean;
  answer: Answer;
  /** Runs what writes an answer, now or together with others. */
  soon(write: () => void): void;
  /** Headers that every answer has. */
  headers: Record<string, string>;
}

/** Milliseconds that a connection may be silent. */
const IDLE = 60_000;
const START = 'POST / HTTP/1.1\r\n';
const END = Buffer.from('\r\n\r\n');
/** Bytes of a body that is worth copying behind the head. */
const SHORT = 8 * 1024;
/** A head of more bytes is for `node:http`, which has limits. */
const LONGEST_HEAD = 8 * 1024;

interface Parsed {
  host: string;
  contentType: string;
  target: string | undefined;
  body: Uint8Array;
}

/** Takes over the connections of a server; undefined where `node:http` does not listen for them as Node's does. */
export function direct(server: http.Server, rules: Rules): Direct | undefined {
  const [given, ...others] = server.listeners('connection') as ((socket: Socket) => void)[];
  if (!given || others.length > 0) return undefined;
  const open = new Map<Socket, Line>();
  server.removeListener('connection', given);
  server.on('connection', (socket: Socket) => {
    const line = new Line(socket, rules, () => {
      open.delete(socket);
      given.call(server, socket);
    });
    open.set(socket, line);
    socket.once('close', () => open.delete(socket));
  });
  return {
    close() {
      for (const line of open.values()) line.finish();
    },
    destroy() {
      for (const socket of open.keys()) socket.destroy();
    },
  };
}

/** One connection. */
class Line {
  private busy = false;
  private finishing = false;
  /** What came while an answer was under way. */
  private waiting: Buffer[] = [];
  private readonly take = (chunk: Buffer) => this.read(chunk);
  private readonly drop = () => this.socket.destroy();
  private readonly end = () => this.finish();

  constructor(
    private readonly socket: Socket,
    private readonly rules: Rules,
    private readonly handOver: () => void,
  ) {
    socket.on('data', this.take);
    socket.on('error', this.drop);
    socket.on('end', this.end);
    socket.setTimeout(IDLE, this.drop);
  }

  finish(): void {
    this.finishing = true;
    if (!this.busy) this.socket.end();
  }

  private read(chunk: Buffer): void {
    if (this.busy) {
      this.waiting.push(chunk);
      this.socket.pause();
      return;
    }
    const request = parse(chunk);
    if (!request || !this.rules.accepts(request.host, request.contentType)) return this.giveAway(chunk);
    this.busy = true;
    const { host, target, contentType, body } = request;
    this.rules.answer({ method: 'POST', path: '/', target, contentType, host, body }).then(
      (answer) => this.rules.soon(() => this.write(answer)),
      // The engine is gone: node:http has the words for it.
      () => this.giveAway(chunk),
    );
  }

  private write({ status, headers, body }: WireAnswer): void {
    this.busy = false;
    if (this.socket.destroyed) return;
    const last = this.finishing;
    let head = `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}\r\n`;
    for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
    for (const name in this.rules.headers) head += `${name}: ${this.rules.headers[name]}\r\n`;
    head += `date: ${date()}\r\ncontent-length: ${body.length}\r\nconnection: ${last ? 'close' : 'keep-alive'}\r\n\r\n`;
    if (body.length <= SHORT) this.socket.write(head + latin1(body), 'latin1');
    else {
      this.socket.cork();
      this.socket.write(head, 'latin1');
      this.socket.write(body);
      this.socket.uncork();
    }
    if (last) return void this.socket.end();
    if (this.waiting.length > 0) {
      const next = Buffer.concat(this.waiting);
      this.waiting = [];
      this.read(next);
      this.socket.resume();
    }
  }

  private giveAway(chunk: Buffer): void {
    const { socket } = this;
    socket.off('data', this.take);
    socket.off('error', this.drop);
    socket.off('end', this.end);
    socket.setTimeout(0);
    socket.off('timeout', this.drop);
    socket.pause();
    socket.unshift(Buffer.concat([chunk, ...this.waiting]));
    this.handOver();
    socket.resume();
  }
}

/** The request that a read is, the whole of it and nothing more; undefined for anything that is not just that. */
export function parse(chunk: Buffer): Parsed | undefined {
  const end = chunk.indexOf(END);
  if (end < 0 || end > LONGEST_HEAD) return undefined;
  const head = chunk.toString('latin1', 0, end);
  if (!head.startsWith(START)) return undefined;
  let host: string | undefined;
  let contentType: string | undefined;
  let target: string | undefined;
  let length: string | undefined;
  for (let from = START.length; from < head.length;) {
    let to = head.indexOf('\r\n', from);
    if (to < 0) to = head.length;
    // A line feed alone ends a line for some readers, and for others not.
    const feed = head.indexOf('\n', from);
    if (feed >= 0 && feed !== to + 1) return undefined;
    const colon = head.indexOf(':', from);
    if (colon <= from || colon > to) return undefined;
    const name = head.slice(from, colon).toLowerCase();
    switch (name) {
      case 'host':
        if (host !== undefined) return undefined;
        host = head.slice(colon + 1, to).trim();
        break;
      case 'content-type':
        if (contentType !== undefined) return undefined;
        contentType = head.slice(colon + 1, to).trim();
        break;
      case 'x-amz-target':
        if (target !== undefined) return undefined;
        target = head.slice(colon + 1, to).trim();
        break;
      case 'content-length':
        if (length !== undefined) return undefined;
        length = head.slice(colon + 1, to).trim();
        break;
      // What changes how a request is read, or what follows it.
      case 'connection':
        if (!/^\s*keep-alive\s*$/i.test(head.slice(colon + 1, to))) return undefined;
        break;
      case 'content-encoding':
      case 'transfer-encoding':
      case 'expect':
      case 'upgrade':
      case 'trailer':
        return undefined;
      default:
        // Folded lines and spaces before the colon are not of our time.
        if (!NAME.test(name)) return undefined;
    }
    from = to + 2;
  }
  if (host === undefined || contentType === undefined || length === undefined || !/^\d{1,9}$/.test(length)) {
    return undefined;
  }
  const start = end + END.length;
  if (chunk.length - start !== Number(length)) return undefined;
  return { host, contentType, target, body: chunk.subarray(start) };
}

const NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
const REASONS: Record<number, string> = { 200: 'OK', 400: 'Bad Request', 500: 'Internal Server Error' };

const latin1 = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, byteLength).toString('latin1');

let second = 0;
let text = '';
/** The time for the `date` header, which SDKs set their clocks by. */
function date(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    text = new Date(now * 1000).toUTCString();
  }
  return text;
}
