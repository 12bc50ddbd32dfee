// Chromium as processes of our own, driven over the plain HTTP of its DevTools: what hangs on no page survives the death
// of any of them.

import { spawn } from 'node:child_process';
import { chromiumOptions } from '../../../../scripts/lib/browser.mjs';
import { kill, tree } from './processes.mjs';

/** Which of its processes are meant, by their command lines. */
const PROCESSES = {
  all: /(?:)/,
  page: /--type=renderer/,
  storage: /--utility-sub-type=storage\.mojom\.StorageService/,
};

/** Starts Chromium on a profile. */
export async function startChromium(profile) {
  const { executablePath, args } = chromiumOptions();
  const own = [
    '--headless',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
    '--no-default-browser-check',
    '--disable-breakpad',
    '--password-store=basic',
    '--use-mock-keychain',
  ];
  const child = spawn(executablePath, [...args, ...own, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const devtools = await new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
      const found = /DevTools listening on ws:\/\/([^/]+)/.exec(said)?.[1];
      if (found) resolve(`http://${found}/json`);
    });
    child.once('exit', (code) => reject(new Error(`Chromium ended with ${code}:\n${said}`)));
  });
  const ask = async (method, path) => {
    const response = await fetch(`${devtools}/${path}`, { method });
    if (!response.ok) throw new Error(`Chromium refused ${path}: ${await response.text()}`);
    return response;
  };
  return {
    devtools,
    /** Opens a tab; gives what closes it. A tab whose process has died is closed too. */
    async open(url) {
      const { id } = await (await ask('PUT', `new?${encodeURI(url)}`)).json();
      return async () => void (await ask('GET', `close/${id}`));
    },
    /** Kills processes of one kind; gives how many there were. With `all` the browser is over. */
    async kill(kind) {
      const count = kill(tree(child.pid).filter(({ command }) => PROCESSES[kind].test(command)));
      if (kind === 'all') await exited;
      return count;
    },
    async stop() {
      kill(tree(child.pid));
      await exited;
    },
  };
}
