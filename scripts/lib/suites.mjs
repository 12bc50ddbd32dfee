// The suites of the test command, one row each, in the order they run.
//
// A row: name; what it shows (for a person); quick (part of `npm run test:quick`); long (only in `npm run test:long`);
// needs (programs without which it is skipped on a person's machine and fails in CI); and how it runs: `cargo`
// (arguments of cargo), `env` (variables that say how far a campaign goes), `node` (a folder of *.test.mjs files for
// Node's test runner) or `command` (one program, whose exit code is one test). `packages`: a folder with npm packages of
// its own, installed before; `peers`: other implementations, made before. A row whose folder is missing fails: a suite
// cannot vanish unseen.

/** A suite of Node test files below `folder`. */
const node = (name, folder, shows, more = {}) => ({ name, shows, node: folder, ...more });

/** A suite of one program that is right when it exits with 0. */
const script = (name, path, shows, more = {}) => ({
  name,
  shows,
  command: [process.execPath, [path]],
  ...more,
});

const cargo = (name, args, shows, more = {}) => ({ name, shows, cargo: args, ...more });

/** A suite of programs that must, or must not, pass the type checker. */
const types = (name, project, shows, more = {}) => ({
  name,
  shows,
  command: [process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit', '-p', project]],
  ...more,
});

/** What is compared with, beside what npm brings. */
const PEERS = ['dynoxide', 'moto', 'ministack'];

export const SUITES = [
  cargo('rust', ['test', '--quiet'], 'the engine, natively: units, laws, models, crashes', { quick: true }),
  cargo(
    'operations',
    ['test', '--quiet', '--test', 'engine', 'model'],
    'operations beside a plain map, 200,000 of them',
    { env: { DYNATAB_MODEL_OPERATIONS: '200000' } },
  ),
  cargo(
    'simulation',
    ['test', '--quiet', '--test', 'simulation'],
    'crashes at 14,000 storage calls and 3,000 of the file system, 6,000 that fail, 1,000 owners that die, and 2,000 that are replaced in their sleep',
    {
      env: {
        DYNATAB_CRASH_POINTS: '14000',
        DYNATAB_FILE_CRASHES: '3000',
        DYNATAB_FAULT_POINTS: '6000',
        DYNATAB_CLIENT_CRASHES: '1000',
        DYNATAB_OWNER_HANDOVERS: '2000',
      },
    },
  ),
  node('scripts', 'tests/scripts', 'the scripts of the tool chain', { quick: true }),
  types('types', 'tests/types/tsconfig.json', 'what compiles against the package and what must not', {
    quick: true,
  }),
  node('js-unit', 'tests/js/unit', 'the package without an engine: codec, clients, files, server', {
    quick: true,
  }),
  node('js', 'tests/js/node', 'the package in Node, on memory and on files', { quick: true }),
  node(
    'stores',
    'tests/js/crashes',
    'stores written in JavaScript, whose processes die at any of their calls',
  ),
  node('files', 'tests/files', 'the files storage: reopening, locking, killed processes and servers', {
    quick: true,
  }),
  node(
    'recovery',
    'tests/recovery',
    'an engine that fails at its n-th allocation, or traps: calls in flight are answered',
    { needs: ['chromium'] },
  ),
  node('browser', 'tests/js/browser', 'the package in Chromium and Firefox, on memory, IndexedDB and OPFS', {
    quick: true,
    needs: ['chromium'],
  }),
  node(
    'packaging',
    'tests/packaging',
    'the packed package in Node, Deno, Bun, workerd, and through bundlers',
    { needs: ['chromium'], packages: 'tests/packaging' },
  ),
  node(
    'cloudflare',
    'tests/cloudflare',
    'Durable Objects in workerd: killed, woken, upgraded, and the router',
    { packages: 'tests/packaging' },
  ),
  node('sdk', 'tests/sdk', 'the AWS SDK and boto3, unmodified', { needs: ['boto3'] }),
  node(
    'differential',
    'tests/differential',
    'random requests answered as other implementations answer them, or as a fact says',
    { packages: 'benches', peers: PEERS },
  ),
  node('www', 'tests/www', 'what of the page needs no browser', { quick: true }),
  node('tabs', 'tests/browser/tabs', 'many tabs on one database, whose owners come and go', {
    needs: ['chromium', 'firefox'],
  }),
  node('healing', 'tests/browser/healing', 'connections to IndexedDB lost in the ways of all browsers', {
    needs: ['chromium', 'firefox'],
  }),
  node('locks', 'tests/browser/locks.test.mjs', 'one owner per browser database', {
    quick: true,
    needs: ['chromium'],
  }),
  node('page', 'tests/browser/page.test.mjs', 'the page, driven as a person would', { needs: ['chromium'] }),
  node(
    'playground',
    'tests/browser/playground.test.mjs',
    'what the page teaches and keeps, usable by everybody',
    { needs: ['chromium'] },
  ),
  node('firefox', 'tests/browser/firefox.test.mjs', 'the playground in Firefox', { needs: ['firefox'] }),
  node('lighthouse', 'tests/lighthouse', 'what Lighthouse says of the playground', {
    needs: ['chromium'],
    packages: 'tests/lighthouse',
  }),
  node(
    'kill',
    'tests/browser/kills/chromium',
    'Chromium killed, tabs closed, storage full: no write is lost',
    { quick: true, needs: ['chromium'] },
  ),
  node('kill-firefox', 'tests/browser/kills/firefox', 'Firefox killed, tabs closed, storage full', {
    needs: ['firefox'],
  }),
  node('docs', 'tests/docs', 'the examples of the documentation', { quick: true }),
  script('reference', 'scripts/docs.mjs', 'the reference of the API can be made, without a warning'),
  script('size', 'scripts/size.mjs', 'the size budget of the browser entry', { quick: true }),
  cargo(
    'crashes',
    ['test', '--profile', 'campaign', '--test', 'simulation', '--', '--nocapture'],
    'crashes at every storage call, calls that fail, owners that die under their clients or are replaced in their sleep',
    {
      long: true,
      env: {
        DYNATAB_CRASH_POINTS: '850000',
        DYNATAB_FILE_CRASHES: '50000',
        DYNATAB_FAULT_POINTS: '150000',
        DYNATAB_CLIENT_CRASHES: '20000',
        DYNATAB_OWNER_HANDOVERS: '20000',
      },
    },
  ),
  cargo(
    'file-crashes',
    ['test', '--profile', 'campaign', '--test', 'contract', 'files::', '--', '--nocapture'],
    'the file store: crashes at every call of the file system, many more',
    { long: true, env: { DYNATAB_FILES_SEEDS: '2000' } },
  ),
  node(
    'store-crashes',
    'tests/js/crashes',
    'stores written in JavaScript, whose processes die at any of their calls, many more',
    { long: true, env: { DYNATAB_STORE_CRASHES: '2500' } },
  ),
  cargo(
    'flips',
    ['test', '--profile', 'campaign', '--test', 'engine', 'flipped_bit', '--', '--nocapture'],
    'a bit flipped in every byte of a small database',
    { long: true, env: { DYNATAB_FLIPS: '1' } },
  ),
  cargo(
    'model',
    ['test', '--profile', 'campaign', '--test', 'engine', 'model', '--', '--nocapture'],
    'operations beside a plain map',
    { long: true, env: { DYNATAB_MODEL_OPERATIONS: '10000000' } },
  ),
  node('peers', 'tests/differential', 'random requests beside other implementations, many more', {
    long: true,
    packages: 'benches',
    peers: PEERS,
    env: { DYNATAB_DIFFERENTIAL_ROUNDS: '25' },
  }),
  node('allocations', 'tests/recovery/allocations.test.mjs', 'an engine that fails at every allocation', {
    long: true,
    env: { DYNATAB_ALLOCATIONS: 'all' },
  }),
  node(
    'histories',
    'tests/browser/tabs/history.test.mjs',
    'operations of many tabs, explained by one order',
    {
      long: true,
      needs: ['chromium', 'firefox'],
      env: { DYNATAB_TABS_OPERATIONS: '20000', DYNATAB_MOST_TABS: '16' },
    },
  ),
  node(
    'kv-kills',
    'tests/packaging/deno-kv/kills.test.mjs',
    'processes killed while they write to Deno KV, many more',
    { long: true, packages: 'tests/packaging', env: { DYNATAB_KV_KILLS: '200' } },
  ),
  node('object-kills', 'tests/cloudflare/restart.test.mjs', 'workerd killed under load, many more', {
    long: true,
    packages: 'tests/packaging',
    env: { DYNATAB_OBJECT_KILLS: '100' },
  }),
  node('kills', 'tests/browser/kills', 'browsers killed, tabs closed, storage full, many more', {
    long: true,
    needs: ['chromium', 'firefox'],
    env: { DYNATAB_KILLS: '200', DYNATAB_TABS: '300', DYNATAB_FULL: '10' },
  }),
];
