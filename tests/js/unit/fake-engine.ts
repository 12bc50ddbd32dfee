// An engine that answers what a test tells it, over the real boundary: bytes in a WebAssembly.Memory.
import { Decoder } from '../../../pkg/src/codec/decode.js';
import { Writer } from '../../../pkg/src/codec/writer.js';
import { encodeRequest } from '../../../pkg/src/client/request.js';
import type { Shape } from '../../../pkg/src/operations.js';
import { Connection } from '../../../pkg/src/client/connection.js';
import { localHost } from '../../../pkg/src/link/host/local-host.js';
import { InternalServerError } from '../../../pkg/src/errors/index.js';
import type { VerifyReport } from '../../../pkg/src/types.js';
import type { Engine, EngineSettings, EngineCallbacks, EngineModule } from '../../../pkg/src/wasm.js';

export interface Answer {
  output?: object;
  error?: { name: string; message: string; status: number; Item?: object };
  /** Settle later instead of at once. */
  later?: boolean;
}

const each = (shape: Shape): Shape => ({ each: shape });
const outputShape: Shape = {
  members: new Map<string, Shape>([
    ['Item', 'item'],
    ['Attributes', 'item'],
    ['LastEvaluatedKey', 'item'],
    ['Items', each('item')],
    ['Responses', each(each('item'))],
  ]),
};

export class FakeEngine implements Engine {
  readonly requests: { operation: number; input: unknown }[] = [];
  answer: (operation: number, input: never) => Answer = () => ({ output: {} });
  readonly later: { id: number; client: number; bytes: Uint8Array }[] = [];
  callbacks!: EngineCallbacks;
  closed = false;
  storage: EngineSettings['storage'] = 'memory';
  durability: EngineSettings['durability'] = 'memory';
  /** How often strict commits were asked for. */
  required = 0;
  /** The numbers of the calls, and of who called. */
  readonly ids: number[] = [];
  readonly clients: number[] = [];
  opened = 0;
  private readonly wasm = new WebAssembly.Memory({ initial: 1 });
  private output: Uint8Array = new Uint8Array(0);

  readonly module: EngineModule = {
    open: async (_options, callbacks) => {
      this.callbacks = callbacks;
      this.opened++;
      return this;
    },
    destroy: async () => undefined,
    repair: () => Promise.reject(new Error('there is nothing to repair')),
    storage: () => Promise.reject(new Error('there are no files')),
    whole: true,
    complete: async () => undefined,
    memory: () => new Uint8Array(this.wasm.buffer),
    until: (promise) => promise,
    watch: (told) => {
      this.told = told;
      return () => undefined;
    },
  };
  private told: (failure: Error) => void = () => undefined;

  connect(): Promise<Connection> {
    const host = localHost(async () => this.module, undefined);
    return Connection.open(async (events) => {
      const options = { name: 'x', storage: this.storage };
      const engine = await host.open(options, { ...events, seen: () => undefined });
      return engine.link(this.storage === 'memory' ? 0 : 7, events);
    });
  }

  input(): number {
    // Detaches every older view, as growth may at any time.
    this.wasm.grow(1);
    return 1024;
  }

  call(operation: number, length: number, id: number, client: number): number {
    const memory = new Uint8Array(this.wasm.buffer);
    const input = new Decoder().document(memory, 1024, 1024 + length, false);
    this.requests.push({ operation, input });
    this.ids.push(id);
    this.clients.push(client);
    const answer = this.answer(operation, input as never);
    const w = new Writer();
    w.byte(answer.error ? 1 : 0);
    encodeRequest(w, answer.error ?? answer.output ?? {}, outputShape, { native: false });
    const bytes = w.bytes.slice(0, w.at);
    if (answer.later) {
      this.later.push({ id, client, bytes });
      return 0;
    }
    this.output = bytes;
    new Uint8Array(this.wasm.buffer).set(bytes, 512);
    return 1;
  }

  settleNext(): void {
    const { id, client, bytes } = this.later.shift()!;
    this.output = bytes;
    new Uint8Array(this.wasm.buffer).set(bytes, 512);
    this.callbacks.settle(id, client);
    // The next answer overwrites this one.
    new Uint8Array(this.wasm.buffer).fill(0xff, 512, 512 + bytes.length);
  }

  http(): number {
    throw this.fail('unreachable');
  }

  isFenced(): boolean {
    return false;
  }

  requireStrict(): void {
    this.required++;
  }

  join(): void {}

  leave(): void {}

  received(): void {}

  /** The instance fails. */
  fail(message: string): Error {
    const cause = new WebAssembly.RuntimeError(message);
    this.told(new InternalServerError({ message: `The engine failed: ${String(cause)}`, cause }));
    return cause;
  }

  outputPtr(): number {
    return 512;
  }

  outputLen(): number {
    return this.output.length;
  }

  settings(): EngineSettings {
    const { storage, durability } = this;
    return { storage, durability, region: 'local', accountId: '000000000000', encrypted: false };
  }

  async attend(): Promise<void> {}

  async deleteExpired(): Promise<number> {
    return 0;
  }

  async dump(): Promise<undefined> {}

  async load(): Promise<never> {
    throw new Error('not here');
  }

  async abandon(): Promise<void> {}

  keyring(): undefined {}

  rekey(): undefined {}

  async verify(): Promise<VerifyReport> {
    return { tables: 0, items: 0, indexEntries: 0, blocks: 0, bytes: 0, problems: [], moreProblems: 0 };
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
