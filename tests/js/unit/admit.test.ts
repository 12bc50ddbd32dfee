// Who may join an owner's engine, and what that changes for all of its clients.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localHost } from '../../../pkg/src/link/host/local-host.js';
import { VERSION, type FromOwner, type Joining, type PortLike } from '../../../pkg/src/link/port/protocol.js';
import type { EngineSettings } from '../../../pkg/src/wasm.js';
import { FakeEngine } from './fake-engine.js';

/** An owner with such an engine, and what it answers to one that wants to join. */
async function owner(durability: EngineSettings['durability']) {
  const engine = new FakeEngine();
  engine.durability = durability;
  const events = { event: () => undefined, failed: () => undefined, seen: () => undefined };
  const hosted = await localHost(async () => engine.module, undefined).open(
    { name: 'x', storage: 'indexeddb' },
    events,
  );
  let client = 1;
  const join = (joining: Partial<Joining>): FromOwner => {
    const said: FromOwner[] = [];
    const port: PortLike = {
      postMessage: (message) => void said.push(message as FromOwner),
      onmessage: null,
      close: () => undefined,
    };
    hosted.serve(port);
    const whole = { version: VERSION, client: client++, durability: 'relaxed', visible: false, ...joining };
    port.onmessage?.({ data: ['join', whole] } as MessageEvent);
    return said[0]!;
  };
  return { engine, join };
}

test('commits become strict once a client joins that was opened so', async () => {
  const { engine, join } = await owner('relaxed');
  assert.equal(join({})[0], 'joined');
  assert.equal(engine.required, 0, 'nobody asked for it');
  const [said, settings] = join({ durability: 'strict' });
  assert.equal(said, 'joined');
  assert.equal(engine.required, 1);
  assert.equal((settings as EngineSettings).durability, 'strict', 'what holds from now on');
  join({ durability: 'strict' });
  join({ durability: 'relaxed' });
  assert.equal(engine.required, 1, 'never lowered, and asked for once');
});

test('an engine that was opened strict needs no telling', async () => {
  const { engine, join } = await owner('strict');
  assert.equal(join({ durability: 'strict' })[0], 'joined');
  assert.equal(engine.required, 0);
});

test('a client that is refused changes nothing', async () => {
  const { engine, join } = await owner('relaxed');
  assert.equal(join({ durability: 'strict', region: 'elsewhere' })[0], 'refused');
  assert.equal(join({ durability: 'strict', version: VERSION + 1 })[0], 'refused');
  assert.equal(engine.required, 0);
});
