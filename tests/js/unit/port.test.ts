// A client and the owner at the two ends of a port, over an engine that answers what a test tells it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeRequest } from '../../../pkg/src/client/request.js';
import { Writer } from '../../../pkg/src/codec/writer.js';
import { Connection } from '../../../pkg/src/client/connection.js';
import { DatabaseLockedError } from '../../../pkg/src/errors/index.js';
import { localHost } from '../../../pkg/src/link/host/local-host.js';
import type { HostedEngine } from '../../../pkg/src/link/host/engine-host.js';
import type { LinkEvents } from '../../../pkg/src/link/link.js';
import { Ended, Moved, OtherVersion } from '../../../pkg/src/link/moved.js';
import { FrameReader, FrameWriter } from '../../../pkg/src/link/port/frames.js';
import { PortLink } from '../../../pkg/src/link/port/port-link.js';
import { VERSION, type Joining } from '../../../pkg/src/link/port/protocol.js';
import { keepVigil } from '../../../pkg/src/link/tabs/vigil.js';
import { FakeEngine } from './fake-engine.js';

const JOINING: Joining = { version: VERSION, client: 5, durability: 'relaxed', visible: true };
const NATIVE = { native: true };
const quiet = { silent: () => undefined, take: () => undefined };

async function owner(engine = new FakeEngine()): Promise<{ engine: FakeEngine; hosted: HostedEngine }> {
  const host = localHost(async () => engine.module, undefined);
  const hosted = await host.open(
    { name: 'x', storage: 'memory' },
    { event: () => undefined, failed: () => undefined, seen: () => undefined },
  );
  return { engine, hosted };
}

/** A connection over a port; each time it is made anew, to what `hosted` is then. */
const connect = (hosted: () => HostedEngine, joining: Partial<Joining> = {}) =>
  Connection.open((events: LinkEvents) => {
    const { port1, port2 } = new MessageChannel();
    hosted().serve(port2 as never);
    return PortLink.join(port1 as never, { ...JOINING, ...joining }, { ...events, ...quiet });
  });

const turns = async (count = 5) => {
  for (let i = 0; i < count; i++) await new Promise((done) => setTimeout(done, 1));
};

test('frames hold what was added, whatever its length', () => {
  const writer = new FrameWriter();
  const long = new Uint8Array(5_000).map((_, i) => i % 251);
  for (const [id, length] of [0, 1, 7, 8, 9, 5_000].entries()) writer.add(id + 1, id + 0.5, long, 0, length);
  const frame = writer.take();
  assert.equal(writer.length, 0);
  const reader = new FrameReader(frame);
  const found: unknown[] = [];
  while (reader.next()) {
    const bytes = reader.bytes.slice(reader.start, reader.end);
    assert.deepEqual(bytes, long.slice(0, bytes.length));
    found.push([reader.operation, reader.id, bytes.length]);
  }
  assert.deepEqual(found, [
    [1, 0.5, 0],
    [2, 1.5, 1],
    [3, 2.5, 7],
    [4, 3.5, 8],
    [5, 4.5, 9],
    [6, 5.5, 5_000],
  ]);
});

test('a frame that was cut off is not read past its end', () => {
  const writer = new FrameWriter();
  writer.add(1, 1, new Uint8Array(100), 0, 100);
  for (let length = 0; length < 116; length++) {
    const reader = new FrameReader(writer.take().slice(0, length));
    assert.equal(reader.next(), false);
    writer.add(1, 1, new Uint8Array(100), 0, 100);
  }
});

test('an opening that loses the database to another context goes on with that one', async () => {
  const { engine, hosted } = await owner();
  let tries = 0;
  const connection = await connect(() => {
    if (++tries < 4) throw new Moved('another context has the files of the database');
    return hosted;
  });
  assert.equal(tries, 4);
  assert.equal(engine.opened, 1);
  await connection.close();
});

test('an opening whose files nobody gives up is refused', async () => {
  const locked = new DatabaseLockedError('another tab still has its files open');
  const opening = connect(() => {
    throw new Moved(locked.message, { cause: locked });
  });
  await assert.rejects(opening, (error) => error instanceof Moved && error.cause === locked);
});

test('calls of a client are answered under its number, in their order', async () => {
  const { engine, hosted } = await owner();
  engine.answer = (_, input) => ({
    output: { Item: { id: { S: (input as { TableName: string }).TableName } } },
  });
  const connection = await connect(() => hosted);
  const calls = ['one', 'two', 'three'].map((TableName) => connection.call('GetItem', { TableName }, NATIVE));
  const answers = (await Promise.all(calls)) as unknown as { Item: { id: string } }[];
  assert.deepEqual(
    answers.map(({ Item }) => Item.id),
    ['one', 'two', 'three'],
  );
  assert.deepEqual(engine.ids, [1, 2, 3]);
  assert.deepEqual(engine.clients, [5, 5, 5]);
  await connection.close();
});

test('an answer that comes later comes, and so does an error with its class', async () => {
  const { engine, hosted } = await owner();
  engine.answer = () => ({ later: true, error: { name: 'ValidationException', message: 'no', status: 400 } });
  const connection = await connect(() => hosted);
  const call = connection.call('PutItem', {}, NATIVE);
  await turns();
  engine.settleNext();
  await assert.rejects(call, { name: 'ValidationException', message: 'no' });
  await connection.close();
});

test('an owner that ends is followed by the next one, which is asked what was not answered', async () => {
  const first = await owner();
  const second = await owner();
  let current = first;
  first.engine.answer = () => ({ later: true });
  const connection = await connect(() => current.hosted);
  const calls = [connection.call('PutItem', {}, NATIVE), connection.call('PutItem', {}, NATIVE)];
  await turns();
  first.engine.settleNext();
  await calls[0];
  current = second;
  first.hosted.drop();
  await calls[1];
  assert.deepEqual(second.engine.ids, [2]);
  await connection.close();
});

test('the same client over a better way is answered there, once', async () => {
  const { engine, hosted } = await owner();
  engine.answer = () => ({ later: true });
  const events = { event: () => undefined, failed: () => undefined, refuse: () => undefined };
  const settled: string[] = [];
  const join = async (name: string) => {
    const { port1, port2 } = new MessageChannel();
    hosted.serve(port2 as never);
    return PortLink.join(port1 as never, JOINING, {
      ...events,
      ...quiet,
      settle: (id) => settled.push(`${name} ${id}`),
    });
  };
  // Bytes of a request without members.
  const writer = new Writer();
  encodeRequest(writer, {}, undefined, { native: false });
  const one = await join('one');
  one.call(5, writer.bytes, writer.at, 9);
  await turns();
  const other = await join('other');
  other.call(5, writer.bytes, writer.at, 9);
  await turns();
  assert.deepEqual(engine.ids, [9]);
  engine.settleNext();
  await turns();
  assert.deepEqual(settled, ['other 9']);
  one.drop();
  other.drop();
});

test('who speaks another version, or wants another region, is refused', async () => {
  const { hosted } = await owner();
  await assert.rejects(
    connect(() => hosted, { version: VERSION + 1 }),
    OtherVersion,
  );
  await assert.rejects(
    connect(() => hosted, { region: 'eu-central-1' }),
    (error) => error instanceof Ended && /region: another tab or worker/.test(error.message),
  );
  const connection = await connect(() => hosted, { region: 'local' });
  await connection.close();
});

test('an owner that is closing takes no client', async () => {
  const { hosted } = await owner();
  await hosted.close();
  const { port1, port2 } = new MessageChannel();
  hosted.serve(port2 as never);
  const events = { settle() {}, refuse() {}, event() {}, failed() {}, ...quiet };
  await assert.rejects(PortLink.join(port1 as never, JOINING, events), Moved);
});

test('an owner that owes an answer and says nothing is told of', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const { port1, port2 } = new MessageChannel();
  const pings: string[] = [];
  port2.onmessage = ({ data: [kind] }) => {
    if (kind === 'join') port2.postMessage(['joined', { storage: 'indexeddb' }]);
    else pings.push(kind as string);
  };
  let silent = 0;
  const events = {
    settle() {},
    refuse() {},
    event() {},
    failed() {},
    take() {},
    silent: () => void silent++,
  };
  const link = await PortLink.join(port1 as never, JOINING, events);
  const tick = async () => {
    t.mock.timers.tick(500);
    await new Promise((done) => setImmediate(done));
  };
  for (let i = 0; i < 5; i++) await tick();
  assert.equal(silent, 0, 'it owes nothing');
  link.call(5, new Uint8Array(0), 0, 1);
  await Promise.resolve();
  for (let i = 0; i < 4; i++) await tick();
  assert.ok(silent > 0);
  assert.deepEqual(pings, ['calls', 'ping']);
  link.drop();
  port2.close();
});

test('after a pause calls wait until the lock was looked at', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const asked: number[] = [];
  const settled: number[] = [];
  const link = {
    call: (_: number, __: Uint8Array, ___: number, id: number) => asked.push(id) > 0,
    http: () => true,
  };
  let answer: (owns: boolean) => void = () => undefined;
  const looks: number[] = [];
  const end = keepVigil(
    link as never,
    { settle: (id: number) => settled.push(id), refuse() {}, event() {}, failed() {} },
    () => {
      looks.push(now);
      return new Promise((done) => (answer = done));
    },
  );
  const call = (id: number) => link.call(1, new Uint8Array(0), 0, id);
  now = 300;
  assert.equal(call(1), true);
  now = 2_000;
  assert.equal(call(2), false);
  assert.equal(call(3), false);
  assert.deepEqual([asked, looks], [[1], [2_000]]);
  answer(true);
  await Promise.resolve();
  assert.deepEqual(
    [asked, settled],
    [
      [1, 2, 3],
      [2, 3],
    ],
  );
  now = 2_100;
  assert.equal(call(4), true);
  now = 9_000;
  assert.equal(call(5), false);
  answer(false);
  await Promise.resolve();
  assert.deepEqual(asked, [1, 2, 3, 4], 'what another owns is not asked here');
  end();
});
