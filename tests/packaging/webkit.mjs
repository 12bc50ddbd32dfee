// WebKit by its WebDriver, which has no client of its own here: the few requests of the protocol that are needed.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { WEBKIT } from '../../scripts/lib/browser.mjs';

const { driver: DRIVER, frame: FRAME } = WEBKIT;

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** A browser whose `evaluate` opens a page and gives what a function in it resolves to. */
export async function openWebKit() {
  const port = await freePort();
  const driver = spawn(FRAME, ['-a', DRIVER, `--port=${port}`], { stdio: 'ignore', detached: true });
  const ask = async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  };
  const close = () => {
    try {
      process.kill(-driver.pid, 'SIGTERM');
    } catch {
      // It has ended by itself.
    }
  };
  try {
    for (let tries = 0; ; tries++) {
      const up = await ask('GET', '/status').catch(() => undefined);
      if (up) break;
      if (tries === 100) throw new Error(`${DRIVER} does not answer`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const { sessionId } = await ask('POST', '/session', { capabilities: { alwaysMatch: {} } });
    const session = `/session/${sessionId}`;
    await ask('POST', `${session}/timeouts`, { script: 300_000 });
    return {
      async evaluate(url, work) {
        await ask('POST', `${session}/url`, { url });
        const script = `const done = arguments[0];
          (${work})().then((value) => done({ value }), (error) => done({ error: String(error) }));`;
        const result = await ask('POST', `${session}/execute/async`, { script, args: [] });
        if (result.error) throw new Error(result.error);
        return result.value;
      },
      async close() {
        await ask('DELETE', session).catch(() => undefined);
        close();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}
