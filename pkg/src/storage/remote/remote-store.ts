/** A store that a worker has. */

import { StoreFailure, type ExternalStore, type StoreSpace, type StoreWrite } from '../external.js';
import type { FromStore, Question } from './messages.js';
import { buffers } from './serve-store.js';

export class RemoteStore implements ExternalStore {
  private readonly port: MessagePort;
  private readonly asked = new Map<number, { done(value: unknown): void; failed(error: Error): void }>();
  private readonly over: (how: 'closed' | 'lost', cause?: string) => void;
  private nextId = 0;
  private isOver = false;

  /** `over` is told once that the worker answers no more: it was closed, another context has the files, or it failed. */
  constructor(port: MessagePort, over: (how: 'closed' | 'lost', cause?: string) => void) {
    this.port = port;
    this.over = over;
    port.onmessage = ({ data }: MessageEvent<FromStore>) => this.hear(data);
  }

  read(space: StoreSpace, ids: Float64Array): Promise<(Uint8Array | undefined)[]> {
    return this.ask('read', space, ids);
  }

  list(
    space: StoreSpace,
    from: number,
    to: number,
    limit: number,
  ): Promise<(readonly [id: number, value: Uint8Array])[]> {
    return this.ask('list', space, from, to, limit);
  }

  commit(writes: readonly StoreWrite[], strict: boolean): Promise<void> {
    return this.ask('commit', writes, strict);
  }

  usage(): Promise<{ usage: number }> {
    return this.ask('usage');
  }

  async close(): Promise<void> {
    if (this.isOver) return;
    await this.ask('close');
    this.stop('closed');
  }

  /** Ends it, for a cause or because another context has what it kept: whether commits under way were made is not known. */
  end(cause: string | undefined): void {
    this.stop('lost', cause);
  }

  private stop(how: 'closed' | 'lost', cause?: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.port.close();
    // First of all: what is in flight is to be asked elsewhere, and not refused.
    this.over(how, cause);
    const failure = new StoreFailure('unknown', cause ?? 'another context has the files');
    for (const { failed } of this.asked.values()) failed(failure);
    this.asked.clear();
  }

  private ask<T>(...question: Question): Promise<T> {
    return new Promise((done, failed) => {
      if (this.isOver) return failed(new StoreFailure('closed', 'the store was closed'));
      const id = this.nextId++;
      this.asked.set(id, { done: done as (value: unknown) => void, failed });
      this.port.postMessage([id, question], buffers(question));
    });
  }

  private hear([id, value, kind, message]: FromStore): void {
    if (id === undefined) return this.end(value as string | undefined);
    const asked = this.asked.get(id);
    this.asked.delete(id);
    if (message === undefined) asked?.done(value);
    // What says nothing of itself is for the engine to judge.
    else asked?.failed(kind ? new StoreFailure(kind, message) : new Error(message));
  }
}
