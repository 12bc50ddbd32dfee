// Chromium for tests: a fresh profile each time, gone afterwards.

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
