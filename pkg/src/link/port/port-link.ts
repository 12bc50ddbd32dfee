/** The link to an engine that another context owns. */

import { InternalServerError } from '../../errors/index.js';
import type { VerifyReport } from '../../types.js';
import type { EngineProgress, EngineSettings } from '../../wasm.js';
import type { Answer, Link, LinkEvents, WireRequest } from '../link.js';
import { Ended, Moved, OtherVersion } from '../moved.js';
import { FrameReader, FrameWriter } from './frames.js';
import { errorOf, type FromOwner, type Joining, type PortLike, type ToOwner, type Work } from './protocol.js';

/** After so many milliseconds without a word, an owner that owes an answer is asked whether it is there. */
const SILENCE = 500;

/** Calls of one turn that wait for its end, in bytes; more are sent at once, and the owner begins while others are made. */
const MOST_WAITING = 1 << 16;

/** What a port link tells whoever made it, beside what it tells the connection. */
export interface PortEvents extends LinkEvents {
  /** The owner owes answers and does not speak. */
  silent(): void;
  /** The owner wants this context to follow it. */
  take(): void;
}

export class PortLink implements Link {
  settings!: EngineSettings;
  private readonly port: PortLike;
  private readonly events: PortEvents;
  private readonly calls = new FrameWriter();
  /** Numbers of the calls without an answer, in the order they were asked. */
  private readonly asked = new Set<number>();
  private readonly works = new Map<number, { done(value: unknown): void; failed(error: Error): void }>();
  private nextWork = 1;
  private current: Answer | undefined;
  private ended = false;
  private watching: ReturnType<typeof setInterval> | undefined;
  /** Words heard since the last look. */
  private heard = 0;
  /** Looks since it was asked for one. */
  private pinged = 0;
  private quiet: (() => void) | undefined;

  private constructor(port: PortLike, events: PortEvents) {
    this.port = port;
    this.events = events;
  }

  /** Becomes a client of the owner at the other end. */
  static join(port: PortLike, joining: Joining, events: PortEvents): Promise<PortLink> {
    const link = new PortLink(port, events);
    return new Promise((resolve, reject) => {
      const given = setTimeout(() => link.end(new Moved('nobody answers')), 2 * SILENCE);
      port.onmessage = ({ data }) => {
        const [kind, detail] = data as FromOwner;
        clearTimeout(given);
        if (kind === 'joined') {
          link.settings = detail as EngineSettings;
          link.gone = undefined;
          port.onmessage = ({ data }) => link.hear(data as FromOwner);
          return resolve(link);
        }
        link.ended = true;
        port.close();
        if (kind === 'refused') {
          const [, name, message] = data as [string, string, string];
          return reject(name === 'version' ? new OtherVersion(Number(message)) : new Ended(message));
        }
        reject(new Moved('the owner has changed'));
      };
      link.gone = reject;
      link.say(['join', joining]);
    });
  }

  /** Called when the link ends before it has begun. */
  private gone: ((cause: Error) => void) | undefined;

  call(operation: number, bytes: Uint8Array, length: number, id: number): boolean {
    if (this.calls.length === 0) queueMicrotask(() => this.flush());
    this.calls.add(operation, id, bytes, 0, length);
    this.ask(id);
    if (this.calls.length > MOST_WAITING) this.flush();
    return false;
  }

  http(request: WireRequest, id: number): boolean {
    this.flush();
    this.ask(id);
    this.say(['http', id, request]);
    return false;
  }

  answer(): Answer {
    return this.current!;
  }

  deleteExpired(): Promise<number> {
    return this.work('deleteExpired');
  }

  verify(): Promise<VerifyReport> {
    return this.work('verify');
  }

  dump(id: number): Promise<EngineProgress | undefined> {
    return this.work('dump', id);
  }

  load(id: number, part?: Uint8Array): Promise<EngineProgress> {
    return this.work('load', id, part);
  }

  abandon(id: number): Promise<void> {
    return this.work('abandon', id);
  }

  keyring(): Promise<Uint8Array> {
    return this.work('keyring');
  }

  rekey(change: Uint8Array): Promise<void> {
    return this.work('rekey', undefined, change);
  }

  async close(): Promise<void> {
    this.flush();
    while (!this.ended && this.asked.size > 0) await new Promise<void>((done) => (this.quiet = done));
    if (this.ended) return;
    this.say(['leave']);
    this.stop();
  }

  /** Says whether somebody sees this context. */
  seen(visible: boolean): void {
    if (!this.ended) this.say(['visible', visible]);
  }

  /** Ends the link; what is in flight is sent again over the next. */
  end(cause: Error): void {
    if (this.ended) return;
    this.stop();
    for (const work of this.works.values()) work.failed(cause);
    this.works.clear();
    // Before it has begun, who waits for it is told.
    if (this.gone) this.gone(cause);
    else this.events.failed(cause);
  }

  /** Ends it without a word to the connection, which has not got it yet. */
  drop(): void {
    if (!this.ended) this.say(['leave']);
    this.stop();
  }

  private stop(): void {
    this.ended = true;
    clearInterval(this.watching);
    this.port.onmessage = null;
    this.port.close();
    this.quiet?.();
  }

  private say(message: ToOwner, transfer?: Transferable[]): void {
    this.port.postMessage(message, transfer);
  }

  private ask(id: number): void {
    this.asked.add(id);
    this.watching ??= setInterval(() => this.look(), SILENCE);
  }

  private flush(): void {
    if (this.ended || this.calls.length === 0) return;
    const frame = this.calls.take();
    const [below = 0] = this.asked;
    this.say(['calls', below, frame], frame.byteLength > 65536 ? [frame] : undefined);
  }

  /** Asks an owner that owes an answer for a word, and gives it up when there is none. */
  private look(): void {
    if (this.asked.size === 0 && this.works.size === 0) {
      clearInterval(this.watching);
      this.watching = undefined;
      this.pinged = 0;
    } else if (this.heard > 0) this.pinged = 0;
    else if (this.pinged++ === 0) this.say(['ping']);
    else if (this.pinged > 2) this.events.silent();
    this.heard = 0;
  }

  private hear(message: FromOwner): void {
    this.heard++;
    switch (message[0]) {
      case 'answers':
        return this.take(message[1]);
      case 'refuse':
        this.asked.delete(message[1]);
        this.events.refuse(message[1], errorOf(message[2], message[3]));
        return this.rest();
      case 'done':
      case 'failed': {
        const [kind, number] = message;
        const work = this.works.get(number);
        this.works.delete(number);
        if (kind === 'done') work?.done(message[2]);
        else work?.failed(errorOf(message[2], message[3]));
        return;
      }
      case 'event':
        return this.events.event(message[1], message[2]);
      case 'gone': {
        const [, cause] = message;
        return this.end(
          cause === undefined
            ? new Moved('the owner has changed')
            : new InternalServerError({ message: cause }),
        );
      }
      case 'take':
        return this.events.take();
    }
  }

  private take(frame: ArrayBuffer): void {
    const reader = new FrameReader(frame);
    while (!this.ended && reader.next()) {
      const { id, bytes, start, end } = reader;
      this.asked.delete(id);
      this.current = { bytes, start, end };
      this.events.settle(id);
    }
    this.current = undefined;
    this.rest();
  }

  private rest(): void {
    if (this.asked.size === 0) this.quiet?.();
  }

  private work<K extends keyof Work>(kind: K, id?: number, part?: Uint8Array): Promise<Work[K]> {
    this.flush();
    const number = this.nextWork++;
    return new Promise((done, failed) => {
      if (this.ended) return failed(new Moved('the owner has changed'));
      this.works.set(number, { done: done as (value: unknown) => void, failed });
      this.say(['work', number, kind, id, part]);
      this.watching ??= setInterval(() => this.look(), SILENCE);
    });
  }
}
