// Chromium, its pages and its storage process killed in the middle of writes. DYNATAB_KILLS says how often, DYNATAB_SEED
// with which moments.

import { test } from 'node:test';
import { asked, campaign } from '../lib/campaign.mjs';
import { startChromium } from '../lib/chromium.mjs';

const { rounds, seed } = asked('DYNATAB_KILLS', 3);

test(`Chromium is killed ${rounds} times`, { timeout: 3600_000 }, (t) =>
  campaign(t, {
    name: 'Chromium killed',
    start: startChromium,
    ends: ['browser', 'page', 'storage', 'browser'],
    rounds,
    seed,
  }),
);
