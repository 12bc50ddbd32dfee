// What wasm-bindgen generates is one instance of the engine for the life of a page. The engine is instantiated again when
// it failed, so the generated code becomes the body of a function: each call binds an instance of its own, whose callbacks
// and objects never meet another one.
//
// It also notices failures. Whatever enters the engine goes through the instance's exports, and whatever the engine calls
// is one of its imports. A call into the engine that throws has left it half-way: from then on nothing of the instance
// runs. Callbacks that come later do nothing, and if the engine itself was on the way to the call that failed, what called
// it throws as well instead of going back.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bindgenPath } from '../setup.mjs';
import { run } from './run.mjs';

/** Makes dynatab.js, dynatab.d.ts and dynatab_bg.wasm of a compiled engine in `folder`; gives the glue's path. */
export async function bindGlue(compiled, folder) {
  // The entries say where the wasm is, so the glue must not name a place of its own: bundlers would ship it twice.
  const options = [
    '--target',
    'web',
    '--omit-default-module-path',
    '--out-dir',
    folder,
    '--out-name',
    'dynatab',
  ];
  await run(bindgenPath(), [...options, compiled]);
  const glue = join(folder, 'dynatab.js');
  writeFileSync(glue, bindable(readFileSync(glue, 'utf8')));
  writeFileSync(join(folder, 'dynatab.d.ts'), GLUE_TYPES);
  return glue;
}

/** Replaces what must be there exactly `times` times. */
function replaced(text, from, to, times = 1) {
  const parts = text.split(from);
  if (parts.length - 1 !== times) throw new Error(`the glue has ${parts.length - 1} times: ${from}`);
  return parts.join(to);
}

/** Leaves out what must be there once. */
function without(text, what) {
  const [found] = what.exec(text) ?? [];
  if (found === undefined) throw new Error(`the glue has nothing like ${what}`);
  return replaced(text, found, found.startsWith('\n') ? '\n' : '');
}

const HEAD = `
/**
 * Binds one instance. \`failed\` is told when it fails: why, and its memory, which is let go after that.
 */
export function bind(failed) {
`;

const TAIL = `
    let wasm, transaction, opening, why, dead = false, told = false;

    function stop(cause) {
        if (told) return;
        dead = true;
        why ??= cause;
        // The requests of a transaction may have been made in part: it must not commit.
        try { transaction?.abort(); } catch {}
        // Nor is a database to be created without anything in it, or kept open, because nobody listens yet.
        try {
            opening.onupgradeneeded = opening.onsuccess = late;
            opening.result.close();
        } catch {}
        // Where the stack is used up this throws, and whoever enters next tells.
        failed(why, wasm.memory);
        told = true;
        wasm = transaction = opening = cachedDataViewMemory0 = cachedUint8ArrayMemory0 = undefined;
    }

    /** Into the engine. */
    const entry = (f) => (...args) => {
        try {
            if (!dead) return f(...args);
        } catch (cause) {
            stop(cause);
            throw cause;
        }
        stop();
        throw new Error('The engine failed');
    };

    /** Out of the engine, and back only while it lives. */
    const exit = (f) => (...args) => {
        try {
            const ret = f(...args);
            if (!dead) return ret;
        } catch (cause) {
            stop(cause);
            throw cause;
        }
        throw new Error('The engine failed');
    };

    /**
     * An event for an instance that is no more, or that fails under it: what it brings or holds open is closed, and a
     * database that was to be created is not.
     */
    function late(event) {
        try {
            const { type, target } = event;
            if (type === 'upgradeneeded') target.transaction.abort();
            if (type === 'success' || type === 'versionchange') (target.result ?? target).close();
        } catch {}
    }

    const each = (all, wrap) => {
        const made = {};
        for (const name in all) made[name] = typeof all[name] === 'function' ? wrap(all[name]) : all[name];
        return made;
    };

    return {
        Database,
        imports() {
            const all = __wbg_get_imports();
            for (const from in all) all[from] = each(all[from], exit);
            return all;
        },
        start(exports) {
            wasm = each(exports, entry);
            wasm.__wbindgen_start();
        },
    };
}
`;

/** What `pkg/src/wasm.ts` sees of it. */
const GLUE_TYPES = `/** One instance of the engine and what binds it to JavaScript. */
export interface Glue {
  Database: unknown;
  imports(): WebAssembly.Imports;
  start(exports: WebAssembly.Exports): void;
}

/** Binds one instance. \`failed\` is told when it fails: why, and its memory, which is let go after that. */
export function bind(failed: (cause: unknown, memory: WebAssembly.Memory) => void): Glue;
`;

/** The generated glue as a function that binds an instance. */
export function bindable(glue) {
  // How the one instance is loaded is the rest of the text.
  const [body, loading] = glue.split('\nlet wasmModule, wasmInstance, wasm;\n');
  if (!loading?.includes('export { initSync, __wbg_init as default };'))
    throw new Error('the glue has no end');
  let text = replaced(body, 'export class ', 'class ');
  // What is never called, or asks for what every runtime of the last years has.
  text = without(text, /\nif \(!\('encodeInto' in [^]*?\n\}\n/);
  text = without(text, /\nif \(Symbol\.dispose\) .*\n/);
  text = without(text, /\n {4}__destroy_into_raw\(\) \{[^]*?\n {4}\}\n {4}free\(\) \{[^]*?\n {4}\}\n/);
  text = without(text, /\n {4}if \(realloc === undefined\) \{[^]*?\n {4}\}\n/);
  text = without(text, / \|\| cachedDataViewMemory0\.buffer\.detached === true/);
  text = without(text, /cachedDataViewMemory0\.buffer\.detached === undefined && /);
  text = replaced(
    text,
    '= arg0.transaction(arg1, arg2, arg3);',
    '= transaction = arg0.transaction(arg1, arg2, arg3);',
  );
  // A file's handle is a number, to which nothing happens.
  text = replaced(text, '= arg0.open(getStringFromWasm0(', '= opening = arg0.open(getStringFromWasm0(', 2);
  // A callback that is dropped, or of an instance that failed, does nothing. One that fails has nobody to tell.
  text = replaced(
    text,
    'const real = (...args) => {\n',
    'const real = (...args) => {\n        if (dead) return late(args[0]);\n        if (state.cnt === 0) return;\n',
  );
  text = replaced(
    text,
    'return f(a, state.b, ...args);\n        } finally {',
    'return f(a, state.b, ...args);\n        } catch (cause) {\n            if (!dead) throw cause;\n            late(args[0]);\n        } finally {',
  );
  // Nor has a promise whose beginning failed.
  const executor = /(return \w+\(a, state0\.b, arg0, arg1\);\s*\}) finally \{/;
  const [begins, call] = executor.exec(text) ?? [];
  text = replaced(text, begins, `${call} catch (cause) { if (!dead) throw cause; } finally {`);
  text = replaced(text, 'if (--state.cnt === 0) {', 'if (--state.cnt === 0 && !dead) {');
  // What the garbage collector found is freed in the instance that it was of.
  const finalizers = /new FinalizationRegistry\((\w+) => (wasm\.\w+\(.*\))\);/g;
  if (text.match(finalizers)?.length !== 2) throw new Error('the glue has other finalizers');
  text = text.replace(finalizers, 'new FinalizationRegistry($1 => { try { if (!dead) $2; } catch {} });');
  return HEAD + text + TAIL;
}
