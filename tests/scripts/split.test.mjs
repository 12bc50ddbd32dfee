// The engine in two files: what is where, and that the two work as one.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT } from '../../scripts/lib/run.mjs';
import { split } from '../../scripts/lib/split.mjs';

let folder;
before(() => {
  mkdirSync(join(ROOT, 'target'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'target', 'split-test-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const TAGS = String.raw`$"dynatab[0a1b]::api::tags::begin"`;
const DEEP = String.raw`$"dynatab[0a1b]::collections::used_by_tags"`;
const METHOD = String.raw`$"<dynatab[0a1b]::platform::files::FileStore as dynatab[0a1b]::platform::store::Store>::read"`;
const DROP = String.raw`$"core[2c]::ptr::drop_in_place::<dynatab[0a1b]::api::tags::TagTask>"`;

/** As wasm-dis prints modules. */
const MODULE = `(module
 (type $0 (func (param i32) (result i32)))
 (import "glue" "log" (func $log (param i32) (result i32)))
 (global $stack (mut i32) (i32.const 100))
 (memory $0 1 2)
 (table $0 3 3 funcref)
 (elem $0 (i32.const 1) $shared ${METHOD})
 (export "memory" (memory $0))
 (export "run" (func $run))
 (export "viaTable" (func $viaTable))
 (export "drop" (func $drop))
 (func $shared (param $0 i32) (result i32)
  (i32.add
   (local.get $0)
   (global.get $stack)))
 (func $run (param $0 i32) (result i32)
  (call ${TAGS}
   (local.get $0)))
 (func $drop (param $0 i32) (result i32)
  (call ${DROP}
   (local.get $0)))
 (func ${DROP} (param $0 i32) (result i32)
  (i32.const 7))
 (func $viaTable (param $0 i32) (result i32)
  (call_indirect $0 (type $0)
   (i32.const 5)
   (local.get $0)))
 (func ${TAGS} (param $0 i32) (result i32)
  (global.set $stack
   (i32.const 1000))
  (call ${DEEP}
   (call $log
    (local.get $0))))
 (func ${DEEP} (param $0 i32) (result i32)
  (i32.store
   (i32.const 0)
   (local.get $0))
  (call $shared
   (local.get $0)))
 (func ${METHOD} (param $0 i32) (result i32)
  (i32.const 42))
)
`;

function assemble(text, name) {
  const from = join(folder, `${name}.wat`);
  const to = join(folder, `${name}.wasm`);
  writeFileSync(from, text);
  const tool = join(ROOT, 'node_modules/binaryen/bin/wasm-as');
  const flags = ['--enable-reference-types', '--enable-mutable-globals', '--enable-bulk-memory'];
  const { status, stderr } = spawnSync(process.execPath, [tool, from, '-o', to, ...flags]);
  assert.equal(status, 0, String(stderr));
  return new WebAssembly.Module(readFileSync(to));
}

const glue = { log: (n) => n + 1 };

test('the second file works on the memory, the table and the globals of the first', () => {
  const { first, second, entered } = split(MODULE, { names: true });
  assert.deepEqual(entered, [TAGS]);
  for (const name of [TAGS, DEEP, METHOD]) {
    assert.equal(second.split(`(func ${name}`).length, 2, `${name} is in the second file`);
  }
  assert.ok(!first.includes(`(func ${DEEP}`));
  assert.ok(first.includes(`(func ${DROP}`), 'what others may share stays');
  const { exports } = new WebAssembly.Instance(assemble(first, 'first'), { glue });
  assert.equal(exports.drop(0), 7);
  assert.equal(exports.viaTable(1), 105);
  assert.throws(() => exports.run(1), WebAssembly.RuntimeError);
  assert.throws(() => exports.viaTable(2), WebAssembly.RuntimeError);
  new WebAssembly.Instance(assemble(second, 'second'), { '': exports });
  assert.equal(exports.run(1), 1002);
  assert.equal(new Int32Array(exports.memory.buffer)[0], 2);
  assert.equal(exports.viaTable(2), 42);
  assert.equal(exports.viaTable(1), 1005, 'the global is one');
});

test('files of different builds do not meet', () => {
  const { second } = split(MODULE, { names: true });
  const other = split(MODULE.replace('i32.const 42', 'i32.const 43'), { names: true });
  const { exports } = new WebAssembly.Instance(assemble(other.first, 'other'), { glue });
  const module = assemble(second, 'second');
  assert.throws(() => new WebAssembly.Instance(module, { '': exports }), WebAssembly.LinkError);
});

test('without names that mean something all is in the first file', () => {
  const { first, second } = split(MODULE, { names: false });
  const { exports } = new WebAssembly.Instance(assemble(first, 'whole'), { glue });
  assert.equal(exports.run(1), 1002);
  assert.equal(exports.viaTable(2), 42);
  new WebAssembly.Instance(assemble(second, 'nothing'), { '': exports });
});
