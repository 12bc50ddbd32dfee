// Tabs of one Firefox closed, navigated and loaded again in the middle of writes. DYNATAB_TABS says how often.

import { test } from 'node:test';
import { asked, campaign } from '../lib/campaign.mjs';
import { startFirefox } from '../lib/firefox.mjs';

const { rounds, seed } = asked('DYNATAB_TABS', 5);

test(`${rounds} tabs of Firefox are closed`, { timeout: 3600_000 }, (t) =>
  campaign(t, {
    name: 'tabs of Firefox closed',
    start: startFirefox,
    ends: ['close', 'reload', 'follow', 'away', 'close'],
    rounds,
    seed,
  }),
);
