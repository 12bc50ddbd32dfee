// The engine whose allocations fail when told, and the package's entries over it, for tests of what follows. It is the
// compiled engine with a few instructions more, put in as text: there is nothing of it in the source, and so nothing in
// the package.
//
// Its instance exports three globals: `allocations` counts them, `failAt` is how many more succeed, and one, before one
// fails, 0 for none, and `failAs` is how it fails.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMON, COMPILED, FEATURES, NODE, OWN_STD, STD } from '../build.mjs';
import { bindGlue } from './glue.mjs';
import { ROOT, run } from './run.mjs';
import { split } from './split.mjs';
import { step } from './stamp.mjs';

/** Where it is made. */
export const FAULTY = 'target/faulty';

/** How an allocation fails: there is no memory; the engine traps; it uses up the stack. */
export const FAIL_AS = { refused: 0, trap: 1, overflow: 2 };

/** The allocator that all allocations of the engine come to. */
const ALLOCATE =
  /^ \(func (\$"<dlmalloc[^"]*Dlmalloc<[^"]*System>>::malloc") \(param \$0 i32\) \(result i32\)/m;

/** A module's text with the globals, and an allocator that looks at them. */
export function failing(text) {
  const found = ALLOCATE.exec(text);
  if (!found) throw new Error('there is no allocator');
  const [, name] = found;
  const inner = name.replace('::malloc"', '::malloc inner"');
  const globals = ['allocations', 'failAt', 'failAs'];
  const forms = [
    ...globals.map((global) => ` (global $${global} (mut i32) (i32.const 0))`),
    ...globals.map((global) => ` (export "${global}" (global $${global}))`),
    ' (func $overflow (param $0 i32) (result i32)\n' +
      '  (i32.add (call $overflow (i32.add (local.get $0) (i32.const 1))) (local.get $0)))',
    ` (func ${name} (param $0 i32) (result i32)
  (global.set $allocations (i32.add (global.get $allocations) (i32.const 1)))
  (if (global.get $failAt)
   (then
    (global.set $failAt (i32.sub (global.get $failAt) (i32.const 1)))
    (if (i32.eqz (global.get $failAt))
     (then
      (if (i32.eq (global.get $failAs) (i32.const ${FAIL_AS.trap})) (then (unreachable)))
      (if (i32.eq (global.get $failAs) (i32.const ${FAIL_AS.overflow}))
       (then (drop (call $overflow (i32.const 1)))))
      (return (i32.const 0))))))
  (call ${inner} (local.get $0)))`,
  ];
  const renamed = text.replace(ALLOCATE, (head) => head.replace(name, inner));
  const at = renamed.indexOf(` (func ${inner}`);
  return `${renamed.slice(0, at)}${forms.join('\n')}\n${renamed.slice(at)}`;
}

/** Makes node.js, browser.js, cloudflare.js and the two files of the engine beside them. */
export function buildFaulty() {
  const folder = join(ROOT, FAULTY);
  const lib = ['faulty', 'glue', 'split'].map((name) => `scripts/lib/${name}.mjs`);
  const inputs = [COMPILED, STD, 'pkg/src', 'scripts/build.mjs', ...lib];
  const made = ['node.js', 'browser.js', 'cloudflare.js', 'engine.wasm', 'engine.more.wasm'];
  return step('faulty', { inputs, outputs: made.map((name) => `${FAULTY}/${name}`) }, async () => {
    mkdirSync(folder, { recursive: true });
    const glue = await bindGlue(COMPILED, folder);
    const named = FEATURES.map((name) => `--enable-${name}`);
    const binaryen = (tool, ...args) =>
      run(process.execPath, [join(ROOT, 'node_modules/binaryen/bin', tool), ...args, ...named]);
    const text = join(folder, 'engine.wat');
    await binaryen('wasm-dis', join(folder, 'dynatab_bg.wasm'), '-o', text);
    const names = readFileSync(join(ROOT, STD), 'utf8') === OWN_STD.name;
    const { first, second } = split(failing(readFileSync(text, 'utf8')), { names });
    for (const [part, to] of [
      [first, 'engine.wasm'],
      [second, 'engine.more.wasm'],
    ]) {
      writeFileSync(text, part);
      await binaryen('wasm-opt', text, '-O1', '-o', join(folder, to));
    }
    const esbuild = await import('esbuild');
    const plugin = {
      name: 'glue',
      setup: (build) => build.onResolve({ filter: /wasm\/dynatab\.js$/ }, () => ({ path: glue })),
    };
    for (const [name, options] of [
      ['node', NODE],
      ['browser', {}],
      ['cloudflare', { external: ['*.wasm', 'cloudflare:workers'] }],
    ]) {
      const entry = { entryPoints: [`pkg/src/entry/${name}.ts`], outfile: join(folder, `${name}.js`) };
      await esbuild.build({ ...COMMON, ...options, minify: false, ...entry, plugins: [plugin] });
    }
  });
}
