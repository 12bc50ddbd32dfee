// Chromium for tests: a fresh profile each time, gone afterwards.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumOptions } from '../../scripts/lib/browser.mjs';
import { ROOT } from '../../scripts/lib/run.mjs';
import { serveFiles } from '../../scripts/lib/static.mjs';

/** Serves the test pages, with the built package below /dist/. */
export const serveTestPages = () =>
  serveFiles({ '/': join(ROOT, 'tests/browser/pages'), '/dist/': join(ROOT, 'pkg/dist') });

/** Chromium on a profile on disk: without one, storage is that of a private window. `close` removes it. */
export async function launch(options = {}) {
  const profile = makeProfile();
  const context = await chromium.launchPersistentContext(profile, { ...chromiumOptions(), ...options });
  const close = async () => {
    await context.close();
    removeProfile(profile);
  };
  return { context, close };
}

/** Fails a test that sees a page throw or complain. */
export function watch(page) {
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  return complaints;
}

/** A folder for a profile. */
export const makeProfile = () => mkdtempSync(join(tmpdir(), 'dynatab-profile-'));

/**
 * Deletes a profile. Helpers of a killed browser write for a moment after it, also into folders that were listed
 * already; so each try begins anew, where `maxRetries` would only try to remove the folder that is not empty.
 */
export function removeProfile(folder) {
  for (let tries = 1; ; tries++) {
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (tries === 50) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
}

/**
 * Starts Chromium on a profile as a process of our own, so that it can be killed like a power switch would.
 * `kill` ends the browser's main process; its helpers notice and go.
 */
export async function launchKillable(profile) {
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
  const url = await new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
      const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`Chromium ended with ${code}:\n${said}`)));
  });
  const browser = await chromium.connectOverCDP(url);
  return {
    context: browser.contexts()[0],
    async kill() {
      child.kill('SIGKILL');
      await exited;
      await browser.close().catch(() => undefined);
    },
    async close() {
      await browser.close().catch(() => undefined);
      child.kill('SIGTERM');
      await exited;
    },
  };
}
