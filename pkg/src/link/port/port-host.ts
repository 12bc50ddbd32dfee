/** The owner's end of a port: answers the calls of one client in another context. */

import type { EngineSettings } from '../../wasm.js';
import type { Client, SharedEngine } from '../shared-engine.js';
import { FrameReader, FrameWriter } from './frames.js';
import type { FromOwner, Joining, PortLike, ToOwner } from './protocol.js';

/**
 * Calls are answered for so many milliseconds; then what else the context does has its turn: a page, which is to stay
 * quick, or a worker, whose engine flushes what comes.
 */
const SLICE = typeof document === 'undefined' ? 16 : 4;
/** Answers that wait for the end of a turn, in bytes; more are sent at once. */
const MOST_WAITING = 1 << 20;
/** Dumps and loads of other contexts have numbers from here on: their own may be those of other clients. */
let nextTransfer = 2 ** 48;

/** What the owner does about its clients. */
export interface Court {
  readonly settings: EngineSettings;
  /** Why somebody cannot be a client: the name and the text of an error. */
  admit(joining: Joining): readonly [name: string, message: string] | undefined;
  left(host: PortHost): void;
  /** Somebody sees a client, or does not any more. */
  seen(): void;
}

export class PortHost implements Client {
  number = 0;
  visible = false;
  private readonly engine: SharedEngine;
  private readonly port: PortLike;
  private readonly court: Court;
  private readonly answers = new FrameWriter();
  /** What came and was not looked at. */
  private readonly waiting: Exclude<ToOwner, ['join', Joining]>[] = [];
  private frame: FrameReader | undefined;
  private working = false;
  private ended = false;
  private readonly transfers = new Map<number, number>();
  /** Calls that are with the engine; shared with the one that this client was before. */
  private asked = new Set<number>();

  constructor(engine: SharedEngine, port: PortLike, court: Court) {
    this.engine = engine;
    this.port = port;
    this.court = court;
    port.onmessage = ({ data }) => this.hear(data as ToOwner);
    // Browsers of the last years tell that the context at the other end is gone.
    (port as { onclose?: () => void }).onclose = () => this.stop(false);
  }

  settle(id: number): void {
    this.asked.delete(id);
    const { bytes, start, end } = this.engine.answer();
    this.give(id, bytes, start, end);
  }

  refuse(id: number, error: unknown): void {
    const { name, message } = error as Error;
    this.asked.delete(id);
    this.flush();
    this.say(['refuse', id, name, message]);
  }

  event(kind: string, detail: string): void {
    this.say(['event', kind, detail]);
  }

  /** Asks the client to be the next owner. */
  take(): void {
    this.flush();
    this.say(['take']);
  }

  /** Ends it: the owner is none any more, or its engine failed for a cause. What was not answered is asked elsewhere. */
  end(cause?: string): void {
    if (this.ended) return;
    this.flush();
    this.say(['gone', cause]);
    this.stop(false);
  }

  private stop(left: boolean): void {
    if (this.ended) return;
    this.ended = true;
    this.port.onmessage = null;
    this.port.close();
    this.engine.leave(this, left);
    this.court.left(this);
    for (const id of this.transfers.values()) void this.engine.abandon(id).catch(() => undefined);
  }

  private say(message: FromOwner, transfer?: Transferable[]): void {
    if (!this.ended) this.port.postMessage(message, transfer);
  }

  private hear(message: ToOwner): void {
    switch (message[0]) {
      case 'join':
        return this.join(message[1]);
      case 'visible':
        this.visible = message[1];
        return this.court.seen();
      case 'ping':
        return this.say(['pong']);
      default:
        this.waiting.push(message);
        if (!this.working) this.run();
    }
  }

  private join(joining: Joining): void {
    if (this.engine.isClosing) return this.end();
    const refused = this.court.admit(joining);
    if (refused) {
      this.say(['refused', ...refused]);
      return this.stop(false);
    }
    this.number = joining.client;
    this.visible = joining.visible;
    const former = this.engine.join(this, true);
    // The same client, over a better way: what it asked is answered here.
    if (former instanceof PortHost) {
      this.asked = former.asked;
      former.stop(false);
    }
    this.say(['joined', this.court.settings]);
  }

  /** Does what waits, for a slice of time; then the next slice. */
  private run(): void {
    const until = performance.now() + SLICE;
    this.working = true;
    while (!this.ended && !this.engine.isClosing && this.step()) {
      if (performance.now() < until) continue;
      this.flush();
      return later(() => this.run());
    }
    this.working = false;
    this.flush();
  }

  /** Does the next thing; false: there is none. */
  private step(): boolean {
    if (this.frame) {
      if (this.frame.next()) this.call(this.frame);
      else this.frame = undefined;
      return true;
    }
    const message = this.waiting.shift();
    switch (message?.[0]) {
      case undefined:
        return false;
      case 'calls':
        this.engine.received(this, message[1]);
        this.frame = new FrameReader(message[2]);
        break;
      case 'http': {
        const [, id, request] = message;
        this.ask(id, () => this.engine.http(this, request, id));
        break;
      }
      case 'work': {
        const [, number, kind, id, part] = message;
        void this.work(number, () => {
          if (kind === 'verify' || kind === 'deleteExpired' || kind === 'keyring') return this.engine[kind]();
          if (kind === 'rekey') return this.engine.rekey(part!);
          return this.engine[kind](this.transfer(id!), part);
        });
        break;
      }
      case 'leave':
        this.stop(true);
    }
    return true;
  }

  private call({ operation, id, bytes, start, end }: FrameReader): void {
    this.ask(id, () => this.engine.call(this, operation, bytes, start, end, id));
  }

  private ask(id: number, ask: () => boolean): void {
    // One that came again over another way is answered when it is.
    if (this.asked.has(id)) return;
    try {
      this.asked.add(id);
      if (ask()) this.settle(id);
    } catch (error) {
      // An engine that fails tells so, and the call is asked again.
      if (!this.engine.isClosing) this.refuse(id, error);
    }
  }

  private give(id: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.answers.length === 0 && !this.working) queueMicrotask(() => this.flush());
    this.answers.add(0, id, bytes, start, end);
    if (this.answers.length > MOST_WAITING) this.flush();
  }

  private flush(): void {
    if (this.ended || this.answers.length === 0) return;
    const frame = this.answers.take();
    this.say(['answers', frame], frame.byteLength > 65536 ? [frame] : undefined);
  }

  private transfer(id: number): number {
    let own = this.transfers.get(id);
    if (own === undefined) this.transfers.set(id, (own = nextTransfer++));
    return own;
  }

  private async work(number: number, begin: () => Promise<unknown>): Promise<void> {
    try {
      this.say(['done', number, await begin()]);
    } catch (error) {
      const { name, message } = error as Error;
      this.say(['failed', number, name, message]);
    }
  }
}

const turns: (() => void)[] = [];
let turn: MessageChannel | undefined;

/** Runs `task` in a turn of its own: timers would wait for milliseconds, and in hidden pages for a second. */
function later(task: () => void): void {
  if (!turn) {
    turn = new MessageChannel();
    turn.port1.onmessage = () => turns.shift()?.();
    // In Node it would keep the process alive.
    (turn.port1 as { unref?(): void }).unref?.();
  }
  turns.push(task);
  turn.port2.postMessage(0);
}
