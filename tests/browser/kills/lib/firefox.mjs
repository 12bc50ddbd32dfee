// Firefox over WebDriver BiDi, its processes to be killed.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import puppeteer from 'puppeteer-core';
import { firefoxOptions } from '../../../../scripts/lib/browser.mjs';
import { kill, tree } from './processes.mjs';

/** Which of its processes are meant; the last word of their command lines says what they are for. */
const PROCESSES = { all: /(?:)/, page: /\btab\s*$/ };

/** What a person who starts a browser that crashed would click away. */
const PREFERENCES = {
  'browser.sessionstore.resume_from_crash': false,
  'browser.sessionstore.max_resumed_crashes': -1,
  'toolkit.startup.max_resumed_crashes': -1,
  'browser.tabs.crashReporting.sendReport': false,
};

/** Starts Firefox on a profile. */
export async function startFirefox(profile, preferences = {}) {
  const browser = await puppeteer.launch({
    ...firefoxOptions(),
    userDataDir: profile,
    extraPrefsFirefox: { ...PREFERENCES, ...preferences },
    timeout: 90_000,
  });
  const { pid } = browser.process();
  const exited = new Promise((resolve) => browser.process().once('exit', resolve));
  /** Puppeteer puts the preferences back that it found, a moment after the end: another start must not meet that. */
  const over = async () => {
    await exited;
    await pause(100);
    const kept = () => ['user.js', 'prefs.js'].some((name) => existsSync(join(profile, `${name}.puppeteer`)));
    for (let tries = 0; kept() && tries < 250; tries++) await pause(20);
  };
  return {
    browser,
    /** Opens a tab; gives what closes it. */
    async open(url) {
      const page = await browser.newPage();
      // What becomes of the page is told by the page itself.
      page.goto(url).catch(() => undefined);
      return () => page.close().catch(() => undefined);
    },
    /** Kills processes of one kind; gives how many there were. With `all` the browser is over. */
    async kill(kind) {
      const count = kill(tree(pid).filter(({ command }) => PROCESSES[kind].test(command)));
      if (kind === 'all') await over();
      return count;
    },
    async stop() {
      kill(tree(pid));
      await over();
      await browser.disconnect().catch(() => undefined);
    },
  };
}
