/** A worker that runs `worker.js` for a context, and who waits for what in it. */

import { EngineLoadError, InternalServerError } from '../../errors/index.js';
import { endOf } from '../moved.js';
import { errorOf } from '../port/protocol.js';
import type { WasmSource } from '../../wasm.js';
import type { FromWorker, ToWorker } from './messages.js';

type Asking = Extract<ToWorker, ['open' | 'store' | 'close' | 'destroy' | 'repair', ...unknown[]]>;
type Done = Extract<FromWorker, ['done', ...unknown[]]>[2];
type Told = Extract<FromWorker, ['event' | 'failed' | 'seen', ...unknown[]]>;

/** What lives in the worker, by the number that the context gave it. */
export interface Inmate {
  hear(message: Told): void;
  /** The worker is gone. */
  lost(cause: Error): void;
}

export class ContextWorker {
  isGone = false;
  private heard = false;
  private readonly worker: Worker;
  private readonly asked = new Map<number, { done(value: Done): void; failed(error: Error): void }>();
  private readonly inmates = new Map<number, Inmate>();
  private nextNumber = 1;

  /** `wasm` and `more` are what `open` was given. */
  constructor(worker: Worker, wasm: unknown, more: unknown) {
    this.worker = worker;
    worker.onmessage = ({ data }) => this.hear(data as FromWorker);
    worker.onerror = (event) => {
      event.preventDefault?.();
      this.lost(event.message);
    };
    this.say(['code', wasm, more]);
  }

  /** A number for the next inmate. */
  number(): number {
    return this.nextNumber++;
  }

  say(message: ToWorker, transfer: Transferable[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  ask(message: Asking, transfer?: Transferable[]): Promise<Done> {
    return new Promise((done, failed) => {
      this.asked.set(message[1], { done, failed });
      this.say(message, transfer);
    });
  }

  add(number: number, inmate: Inmate): void {
    this.inmates.set(number, inmate);
  }

  remove(number: number): void {
    this.inmates.delete(number);
  }

  end(): void {
    this.isGone = true;
    this.worker.terminate();
  }

  private lost(message: string | undefined): void {
    // One that never said a word was not found, or is none.
    const cause = this.heard
      ? new InternalServerError({ message: `The worker of the database failed: ${message}` })
      : new EngineLoadError(
          `The worker of the database could not be started${message ? `: ${message}` : ''}. Pass what starts ` +
            `worker.js of this package: open({ worker: () => new Worker(url, { type: 'module' }) })`,
        );
    this.end();
    for (const { failed } of this.asked.values()) failed(cause);
    for (const inmate of this.inmates.values()) inmate.lost(cause);
  }

  private hear(message: FromWorker): void {
    this.heard = true;
    const [kind, number] = message;
    if (kind === 'done' || kind === 'refused') {
      const asked = this.asked.get(number);
      this.asked.delete(number);
      if (kind === 'done') asked?.done(message[2]);
      else asked?.failed(endOf(message[2], message[3]) ?? errorOf(message[2], message[3]));
    } else this.inmates.get(number)?.hear(message);
  }
}

/** What a worker can be told of where code is. */
export async function portable(source: WasmSource | undefined): Promise<unknown> {
  if (typeof source === 'string' || source instanceof URL) return new URL(source, location.href).href;
  if (typeof Request === 'function' && source instanceof Request) return source.url;
  if (typeof Response === 'function' && source instanceof Response) return source.arrayBuffer();
  return source;
}
