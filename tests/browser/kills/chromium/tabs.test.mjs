// Tabs of one Chromium closed, navigated and loaded again in the middle of writes. DYNATAB_TABS says how often.

import { test } from 'node:test';
import { asked, campaign } from '../lib/campaign.mjs';
import { startChromium } from '../lib/chromium.mjs';

const { rounds, seed } = asked('DYNATAB_TABS', 10);

test(`${rounds} tabs of Chromium are closed`, { timeout: 3600_000 }, (t) =>
  campaign(t, {
    name: 'tabs of Chromium closed',
    start: startChromium,
    ends: ['close', 'reload', 'follow', 'away', 'close'],
    rounds,
    seed,
  }),
);
