// Finding the machine's own browsers, and the options that keep a test's browser quiet and alone.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Failure, output } from './run.mjs';

const PLACES = {
  chromium: {
    variable: 'DYNATAB_CHROMIUM',
    names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'],
    paths: [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    ],
  },
  firefox: {
    variable: 'DYNATAB_FIREFOX',
    names: ['firefox-esr', 'firefox'],
    paths: [
      '/Applications/Firefox.app/Contents/MacOS/firefox',
      'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
    ],
  },
};

/** The path of `chromium` or `firefox` on this machine, or undefined. */
export function findBrowser(kind) {
  const { variable, names, paths } = PLACES[kind];
  const named = process.env[variable];
  if (named) return existsSync(named) ? named : undefined;
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...candidates, ...paths].find((path) => existsSync(path));
}

/** What drives WebKit, and the frame buffer it draws on. */
export const WEBKIT = { driver: 'WebKitWebDriver', frame: 'xvfb-run' };

/** Why WebKit cannot be driven here, or undefined. */
export function missingWebKit() {
  const missing = Object.values(WEBKIT).find((name) => output('which', [name]) === undefined);
  return missing && `${missing} is not found (on Debian: apt-get install webkit2gtk-driver xvfb xauth)`;
}

/** Why a test that needs `kind` cannot run here. */
export function missingBrowser(kind) {
  return `${kind} is not found: install it, or name its program in ${PLACES[kind].variable}`;
}

/** Options of playwright-core's `chromium.launch` and `launchPersistentContext`. */
export function chromiumOptions() {
  const executablePath = findBrowser('chromium');
  if (!executablePath) throw new Failure(missingBrowser('chromium'));
  const args = [
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  // A container's root cannot have Chromium's own sandbox.
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  return { executablePath, headless: true, args };
}

/** Options of puppeteer-core's `launch` for Firefox. */
export function firefoxOptions() {
  const executablePath = findBrowser('firefox');
  if (!executablePath) throw new Failure(missingBrowser('firefox'));
  return { browser: 'firefox', executablePath, headless: true };
}
