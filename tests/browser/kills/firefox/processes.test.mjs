// Firefox and its pages killed in the middle of writes. DYNATAB_KILLS says how often, DYNATAB_SEED with which moments.

import { test } from 'node:test';
import { asked, campaign } from '../lib/campaign.mjs';
import { startFirefox } from '../lib/firefox.mjs';

const { rounds, seed } = asked('DYNATAB_KILLS', 3);

test(`Firefox is killed ${rounds} times`, { timeout: 3600_000 }, (t) =>
  campaign(t, {
    name: 'Firefox killed',
    start: startFirefox,
    ends: ['browser', 'page', 'browser'],
    rounds,
    seed,
  }),
);
