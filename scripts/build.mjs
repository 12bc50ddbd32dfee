// Builds the package: Rust to wasm, its glue, an optimised engine.wasm, the JavaScript entries, the types, the page.
// Every stage hashes its inputs and is skipped when they are as they were.

import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { elapsed, Failure, main, output, ROOT, run } from './lib/run.mjs';
import { bindGlue } from './lib/glue.mjs';
import { nameByLikeness } from './lib/order.mjs';
import { shorten } from './lib/shorten.mjs';
import { split } from './lib/split.mjs';
import { files, fingerprint, step } from './lib/stamp.mjs';
import { hasStdSource, setup } from './setup.mjs';

const TARGET = 'wasm32-unknown-unknown';
export const COMPILED = `target/${TARGET}/release/dynatab.wasm`;
const GLUE = 'pkg/wasm/dynatab.js';
const BOUND = 'pkg/wasm/dynatab_bg.wasm';
const ENGINE = 'pkg/dist/engine.wasm';
/** What few call, loaded when it is first asked for. */
const MORE = 'pkg/dist/engine.more.wasm';
/** The SharedWorker that connects tabs. */
const BROKER = 'pkg/dist/broker.js';
const TEXT = 'pkg/wasm/engine.wat';

/** What every engine of the last years has; `--all-features` writes modules that browsers and Node refuse. */
export const FEATURES = [
  'bulk-memory',
  'bulk-memory-opt',
  'nontrapping-float-to-int',
  'sign-ext',
  'mutable-globals',
  'reference-types',
  'multivalue',
];

/** The datasets of the page, from npm's vega-datasets. */
const DATASETS = ['movies.json', 'airports.csv'];

/**
 * What LLVM does for speed at the price of size even at opt-level z: copies of structs as long runs of loads and stores,
 * loops rewritten around new counters, and expressions computed early on every way that leads to them.
 */
const CODEGEN = ['-max-store-memcpy=1', '-disable-lsr', '-enable-pre=false', '-enable-load-pre=false'];

/**
 * The standard library is compiled along, so that it too is optimised for size, and a panic is a trap and nothing else:
 * texts of panics and places in the source, which nobody can see in a page, are an eighth of the wasm. Cargo and rustc
 * keep these switches behind RUSTC_BOOTSTRAP. Where they do not work (another version of Rust, no way to fetch the
 * library's source) the wasm is larger and otherwise the same.
 */
export const OWN_STD = {
  name: 'own',
  cargo: ['-Zbuild-std=std,panic_abort', '-Zbuild-std-features=optimize_for_size'],
  rustc: [
    '-Cpanic=immediate-abort',
    '-Zunstable-options',
    '-Zfmt-debug=none',
    '-Zlocation-detail=none',
    // Two functions that are alike keep their names, by which the engine is split; wasm-opt merges them later.
    '-Zmerge-functions=disabled',
  ],
  env: { RUSTC_BOOTSTRAP: '1' },
};
const SHIPPED_STD = { name: 'shipped', cargo: [], rustc: [], env: {} };

/** Which of the two the engine has: the size budget depends on it. */
export const STD = 'target/std';

/** Flags of rustc: no path of this machine goes into the wasm. */
function rustflags(std) {
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), '.cargo');
  const sysroot = output('rustc', ['--print', 'sysroot']) ?? '';
  const flags = [
    [`${cargoHome}/registry/src`, 'registry'],
    [cargoHome, 'cargo'],
    [sysroot, 'rust'],
    [ROOT, 'dynatab'],
  ];
  const remapped = flags.map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
  return [...remapped, ...CODEGEN.map((option) => `-Cllvm-args=${option}`), ...std.rustc].join('\x1f');
}

/** Compiles the engine with one of the standard libraries. */
async function cargo(std) {
  const { RUSTFLAGS: _, ...env } = process.env;
  // The target folder is named because other parts of the build read from it. A lone crate type, because cargo
  // leaves out link-time optimisation when an rlib is made with it.
  const place = ['--target', TARGET, '--target-dir', join(ROOT, 'target')];
  const args = ['rustc', '--release', '--quiet', '--lib', '--crate-type', 'cdylib', ...place, ...std.cargo];
  await run('cargo', args, { env: { ...env, ...std.env, CARGO_ENCODED_RUSTFLAGS: rustflags(std) } });
  writeFileSync(join(ROOT, STD), std.name);
}

async function compile() {
  const inputs = ['Cargo.toml', 'Cargo.lock', 'src', 'scripts/build.mjs'];
  return step('compile', { inputs, outputs: [COMPILED, STD] }, async () => {
    try {
      if (hasStdSource()) return await cargo(OWN_STD);
    } catch {
      // A fault of our own shows again below.
    }
    console.log('build: with the standard library as it was shipped; the wasm is an eighth larger');
    await cargo(SHIPPED_STD);
  });
}

async function bind() {
  const lib = ['glue', 'order', 'shorten', 'split'].map((name) => `scripts/lib/${name}.mjs`);
  const inputs = [COMPILED, STD, 'scripts/build.mjs', ...lib];
  return step('bind', { inputs, outputs: [GLUE, BOUND, ENGINE, MORE] }, async () => {
    await bindGlue(COMPILED, join(ROOT, 'pkg/wasm'));
    mkdirSync(join(ROOT, 'pkg/dist'), { recursive: true });
    const named = FEATURES.map((name) => `--enable-${name}`);
    const binaryen = (tool, args) =>
      run(process.execPath, [join(ROOT, 'node_modules/binaryen/bin', tool), ...args, ...named]);
    // Inlining a function into its only caller saves bytes, but gzip likes the small functions better: a tenth less.
    // Sharing subexpressions through locals does the same. A second round finds what the first one uncovered.
    const size = [
      '-Oz',
      '-Oz',
      '--one-caller-inline-max-function-size=0',
      '--skip-pass=local-cse',
      '--low-memory-unused',
    ];
    await binaryen('wasm-dis', [BOUND, '-o', TEXT]);
    const text = readFileSync(join(ROOT, TEXT), 'utf8');
    const { first, second } = split(text, { names: readFileSync(join(ROOT, STD), 'utf8') === OWN_STD.name });
    const make = async (part, to) => {
      writeFileSync(join(ROOT, TEXT), part);
      await binaryen('wasm-opt', [TEXT, '-o', to, ...size, '--strip-debug', '--strip-producers']);
      writeFileSync(join(ROOT, to), nameByLikeness(readFileSync(join(ROOT, to))));
      await binaryen('wasm-opt', [to, '-o', to, '--reorder-functions-by-name', '--strip-debug']);
    };
    await make(first, ENGINE);
    await make(second, MORE);
    rmSync(join(ROOT, TEXT));
    const short = shorten(readFileSync(join(ROOT, ENGINE)), readFileSync(join(ROOT, GLUE), 'utf8'));
    writeFileSync(join(ROOT, ENGINE), short.wasm);
    writeFileSync(join(ROOT, GLUE), short.glue);
  });
}

/** `engine:first` and `engine:more` are the two wasm files as texts in base64, for the entry that carries them inside. */
const inlineEngine = {
  name: 'engine',
  setup(build) {
    build.onResolve({ filter: /^engine:/ }, ({ path }) => ({
      path: path === 'engine:first' ? ENGINE : MORE,
      namespace: 'engine',
    }));
    build.onLoad({ filter: /.*/, namespace: 'engine' }, ({ path }) => ({
      contents: `export default "${readFileSync(join(ROOT, path)).toString('base64')}";`,
    }));
  },
};

export const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  sourcemap: false,
  legalComments: 'none',
  target: 'es2022',
  format: 'esm',
  platform: 'neutral',
  logLevel: 'warning',
  plugins: [inlineEngine],
};

/** In a page nothing prints but warnings of wasm-bindgen's, about ways of loading that the package does not go. */
const SILENT = { drop: ['console'] };

export const NODE = { platform: 'node', target: 'node20', minify: false, drop: [] };

const CJS = {
  ...NODE,
  format: 'cjs',
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
};

/** esbuild, loaded late: before the set-up it may not be installed. */
async function bundle(options) {
  const esbuild = await import('esbuild');
  return esbuild.build({ ...COMMON, ...options });
}

const WASM = ['./engine.wasm', './engine.more.wasm'];
/** What few ask for, beside the entries that load it. */
const OPFS = ['./opfs.js'];

/** What Workers and Durable Objects have in common. */
const WORKERD = { inject: ['pkg/src/entry/workerd-microtask.ts'] };

/** Every entry: the file it is made from, the file made, and what differs from the common options. */
const ENTRIES = [
  ['pkg/src/entry/browser.ts', 'pkg/dist/browser.js', { external: OPFS }],
  ['pkg/src/link/tabs/broker.ts', BROKER, {}],
  ['pkg/src/entry/opfs.ts', 'pkg/dist/opfs.js', {}],
  ['pkg/src/entry/worker.ts', 'pkg/dist/worker.js', {}],
  ['pkg/src/entry/workerd.ts', 'pkg/dist/workerd.js', { ...WORKERD, external: WASM }],
  [
    'pkg/src/entry/cloudflare.ts',
    'pkg/dist/cloudflare.js',
    { ...WORKERD, external: [...WASM, 'cloudflare:workers'] },
  ],
  ['pkg/src/entry/deno.ts', 'pkg/dist/deno.js', { ...NODE, external: WASM }],
  ['pkg/src/entry/deno-kv.ts', 'pkg/dist/deno-kv.js', { ...NODE, external: WASM }],
  ['pkg/src/entry/inline.ts', 'pkg/dist/inline.js', {}],
  ['pkg/src/entry/inline.ts', 'pkg/dist/inline.cjs', { format: 'cjs' }],
  ['pkg/src/entry/slim.ts', 'pkg/dist/slim.js', { external: OPFS }],
  ['pkg/src/entry/slim.ts', 'pkg/dist/slim.cjs', { format: 'cjs', external: OPFS }],
  ['pkg/src/entry/node.ts', 'pkg/dist/node.js', NODE],
  ['pkg/src/entry/node.ts', 'pkg/dist/node.cjs', CJS],
  [
    'pkg/src/cli.ts',
    'pkg/dist/cli.js',
    { ...NODE, external: ['./node.js'], banner: { js: '#!/usr/bin/env node' } },
  ],
];

/** Deno imports a wasm file as a module of code only when the import says so, which TypeScript has no words for. */
function importSource(path) {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const found = /^import (\w+ from "\.\/engine\.(?:more\.)?wasm";)$/gm;
  if (text.match(found)?.length !== WASM.length) throw new Failure(`${path} does not import the engine`);
  writeFileSync(join(ROOT, path), text.replace(found, 'import source $1'));
}

async function bundles() {
  const inputs = ['pkg/src', 'pkg/wasm', ENGINE, MORE, 'scripts/build.mjs', 'package-lock.json'];
  const present = ENTRIES.filter(([from]) => existsSync(join(ROOT, from)));
  return step('bundles', { inputs, outputs: present.map(([, to]) => to) }, async () => {
    const made = present.map(([from, to, more]) =>
      bundle({ ...SILENT, entryPoints: [from], outfile: to, ...more }),
    );
    await Promise.all(made);
    for (const name of ['deno', 'deno-kv']) importSource(`pkg/dist/${name}.js`);
  });
}

async function types() {
  const sources = files('pkg/src', (path) => path.endsWith('.ts'));
  if (sources.length === 0) return false;
  const inputs = [
    'pkg/src',
    'pkg/wasm/dynatab.d.ts',
    'tsconfig.json',
    'tsconfig.build.json',
    'package-lock.json',
  ];
  return step('types', { inputs, outputs: ['pkg/dist/types/index.d.ts'] }, async () => {
    rmSync(join(ROOT, 'pkg/dist/types'), { recursive: true, force: true });
    rmSync(join(ROOT, 'pkg/dist/types-cjs'), { recursive: true, force: true });
    await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
    // The same declarations for `require`: what they are is said by the nearest package.json.
    cpSync(join(ROOT, 'pkg/dist/types'), join(ROOT, 'pkg/dist/types-cjs'), { recursive: true });
    writeFileSync(join(ROOT, 'pkg/dist/types-cjs/package.json'), '{ "type": "commonjs" }\n');
  });
}

/** The page: its bundle with the package's browser entry inside, its static files, its datasets and the engine. */
async function page() {
  const sources = files('www', (path) => !path.startsWith('www/dist/'));
  const entry = ['www/src/main.tsx', 'www/src/main.ts'].find((path) => sources.includes(path));
  if (!entry) return false;
  const inputs = [
    ...sources,
    'pkg/dist/browser.js',
    ENGINE,
    MORE,
    BROKER,
    'scripts/build.mjs',
    'package-lock.json',
  ];
  return step('page', { inputs, outputs: ['www/dist/main.js', 'www/dist/engine.wasm'] }, async () => {
    const dist = join(ROOT, 'www/dist');
    rmSync(dist, { recursive: true, force: true });
    mkdirSync(join(dist, 'data'), { recursive: true });
    for (const path of sources.filter((path) => !path.startsWith('www/src/') && !/tsconfig/.test(path))) {
      cpSync(join(ROOT, path), join(dist, path.slice('www/'.length)));
    }
    for (const name of DATASETS) {
      copyFileSync(join(ROOT, 'node_modules/vega-datasets/data', name), join(dist, 'data', name));
    }
    for (const path of [ENGINE, MORE, BROKER]) copyFileSync(join(ROOT, path), join(dist, basename(path)));
    await bundle({
      platform: 'browser',
      conditions: ['browser'],
      jsx: 'automatic',
      jsxImportSource: 'preact',
      sourcemap: 'linked',
      entryPoints: [entry],
      outdir: 'www/dist',
      // What is opened later is loaded later.
      splitting: true,
      chunkNames: 'chunks/[name]-[hash]',
      // Style sheets of libraries go where the library does.
      loader: { '.css': 'text' },
    });
    await offline();
  });
}

/** The service worker, which keeps every file of the page as it now is. */
async function offline() {
  const kept = files('www/dist', (path) => !path.endsWith('.map'));
  const names = kept.map((path) => path.slice('www/dist/'.length)).filter((name) => name !== 'index.html');
  await bundle({
    platform: 'browser',
    format: 'iife',
    entryPoints: ['www/src/offline/worker.ts'],
    outfile: 'www/dist/worker.js',
    define: {
      FILES: JSON.stringify(['./', ...names]),
      BUILD: JSON.stringify(fingerprint(kept).slice(0, 16)),
    },
  });
}

/** Builds everything; says which stages had to run. */
export async function build() {
  const stages = { compile, bind, bundles, types, page };
  const ran = [];
  for (const [name, stage] of Object.entries(stages)) if (await stage()) ran.push(name);
  return ran;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    const start = Date.now();
    await setup();
    const ran = await build();
    console.log(
      ran.length ? `built ${ran.join(', ')} in ${elapsed(start)}` : 'nothing changed; nothing to build',
    );
  });
}
