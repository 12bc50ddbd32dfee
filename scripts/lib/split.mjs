// The engine in two files: what every application needs, and what few call. The second is loaded when it is first asked
// for, and works on the memory and the table of the first.
//
// What is in which file is decided by the names of functions. Functions of the modules named here, and all that only
// they call, go into the second file. Where the first file calls one of them, it calls through the table, where the
// second file puts it. Nothing may enter these modules before the second file is there: the operations that do are
// listed in `pkg/src/operations.ts`; what the engine begins itself asks for it (`Platform::complete`).

import { createHash } from 'node:crypto';

/** Modules whose functions are in the second file. */
const MODULES = [
  'api::next_token',
  'api::partiql',
  'api::streams',
  'api::tags',
  'api::time_to_live',
  'api::transact',
  'bindings::attend',
  'bindings::destroy',
  'bindings::encryption',
  'bindings::external',
  'bindings::files',
  'bindings::repair',
  'bindings::storage',
  'bindings::transfer',
  'bindings::verify',
  'driver::attend',
  'driver::dump',
  'driver::history',
  'driver::load',
  'driver::repair',
  'driver::verify',
  'dump',
  'engine::catalog::sound',
  'engine::catalog::update',
  'engine::dump',
  'engine::history::at',
  'engine::history::read',
  'engine::load',
  'engine::upkeep::sweep',
  'engine::verify',
  'log::salvage',
  'partiql',
  'platform::files',
  'platform::indexeddb::destroy',
  'platform::sealed::store',
  'platform::sealed::turns',
  'platform::webcrypto',
  'storage::bulk',
  'storage::due',
  'storage::verify',
];

const NAME = String.raw`\$(?:"(?:[^"\\]|\\.)*"|[^\s()]+)`;
const CALLS = new RegExp(String.raw`\((?:return_)?call (${NAME})|ref\.func (${NAME})`, 'g');
const GLOBALS = new RegExp(String.raw`\(global\.[gs]et (${NAME})`, 'g');
const TABLES = new RegExp(String.raw`\(table\.\w+ (${NAME})|\(call_indirect (${NAME})`, 'g');
/** A function's type, as it stands behind its name. */
const TYPE = /^(?: \(param [^)]*\))*(?: \(result [^)]*\))?/;

const WITHIN = String.raw`dynatab(?:\[[0-9a-f]+\])?::(?:${MODULES.join('|')})::`;
/** A function that one of the modules is about: its own, or one made for a type or closure of it. */
const LAZY = new RegExp(String.raw`\b${WITHIN}`);
/** A function of the module's own: nobody calls it by chance, as somebody else's `drop` may be. */
const OWN = new RegExp(String.raw`^\$"<?${WITHIN}[\w:]+(?:>::\w+)?"$`);

/** The forms of a module's text: each begins a line, one space in. */
function forms(text) {
  const lines = text.split('\n');
  const found = [];
  for (const line of lines.slice(1)) {
    if (line.startsWith(' (')) found.push(line);
    else if (found.length > 0 && line !== ')') found[found.length - 1] += `\n${line}`;
  }
  return found;
}

const matches = (pattern, text) =>
  [...text.matchAll(pattern)].map((match) => match.slice(1).find((group) => group !== undefined));

/**
 * Splits the text of a module. Without `names`, functions that are alike may have been merged, whose names then mean
 * nothing, and all of it stays in the first file.
 */
export function split(text, { names }) {
  const all = forms(text);
  const of = (kind) => all.filter((form) => form.startsWith(` (${kind} `));
  const functions = new Map();
  for (const form of of('func')) functions.set(new RegExp(NAME).exec(form)[0], form);
  const imported = new Map();
  for (const form of of('import')) {
    const at = form.indexOf('(func ');
    if (at >= 0) imported.set(new RegExp(NAME).exec(form.slice(at))[0], form.slice(at));
  }
  const [elements, ...others] = of('elem');
  if (others.length > 0) throw new Error('more than one element segment');
  const base = Number(/\(i32\.const (\d+)\)/.exec(elements)[1]);
  const inTable = matches(new RegExp(`(${NAME})`, 'g'), elements.slice(elements.indexOf(')')));
  const [table] = of('table').filter((form) => form.endsWith('funcref)'));
  const [, tableName, size] = /\(table (\S+) (\d+)/.exec(table);

  // What the first file reaches without entering a lazy function.
  const kept = new Set();
  const entered = new Set();
  const visit = (roots) => {
    const open = [...roots];
    while (open.length > 0) {
      const name = open.pop();
      if (kept.has(name) || !functions.has(name)) continue;
      if (names && OWN.test(name)) {
        entered.add(name);
        continue;
      }
      kept.add(name);
      open.push(...matches(CALLS, functions.get(name)));
    }
  };
  const exported = of('export').filter((form) => form.includes('(func '));
  visit(exported.map((form) => new RegExp(NAME).exec(form.slice(form.indexOf('(func ')))[0]));
  visit(of('start').flatMap((form) => matches(new RegExp(`(${NAME})`, 'g'), form)));
  visit(inTable.filter((name) => !names || !LAZY.test(name)));
  const lazy = [...functions.keys()].filter((name) => !kept.has(name));
  const body = lazy.map((name) => functions.get(name));

  // What the second file has of the first.
  const needed = new Set(body.flatMap((form) => matches(CALLS, form)).filter((name) => !lazy.includes(name)));
  const globals = new Set(body.flatMap((form) => matches(GLOBALS, form)));
  const tables = new Set([tableName, ...body.flatMap((form) => matches(TABLES, form))]);
  const shared = [];
  const exports = [];
  const share = (kind, name, type) => {
    const short = `_${exports.length.toString(36)}`;
    exports.push(` (export "${short}" (${kind} ${name}))`);
    shared.push(` (import "" "${short}" ${type})`);
  };
  const typeOf = (form, name) => {
    const from = form.indexOf(name) + name.length;
    return TYPE.exec(form.slice(from))[0];
  };
  // Two files of different builds must not meet.
  const build = createHash('sha256').update(text).digest('hex').slice(0, 8);
  const [memory] = of('memory');
  const [, memoryName, pages] = /\(memory (\S+) (\d+)/.exec(memory);
  share('memory', memoryName, `(memory ${memoryName} ${pages})`);
  shared.push(` (import "" "build ${build}" (global $build i32))`);
  const slots = Number(size) + entered.size;
  for (const form of of('table')) {
    const [, name, least, kind] = /\(table (\S+) (\d+)(?: \d+)? (\w+)\)/.exec(form);
    if (tables.has(name))
      share('table', name, `(table ${name} ${name === tableName ? slots : least} ${kind})`);
  }
  for (const form of of('global')) {
    const [, name, type] = new RegExp(String.raw`\(global (${NAME}) (\(mut \w+\)|\w+)`).exec(form);
    if (globals.has(name)) share('global', name, `(global ${name} ${type})`);
  }
  for (const name of needed) {
    share('func', name, `(func ${name}${typeOf(functions.get(name) ?? imported.get(name), name)})`);
  }

  const stubs = [...entered].map((name, i) => {
    const type = typeOf(functions.get(name), name);
    const parameters = matches(/\(param (\$\S+)/g, type).map((local) => ` (local.get ${local})`);
    const bare = type.replace(/\(param \$\S+ /g, '(param ');
    const slot = `(i32.const ${Number(size) + i})`;
    return ` (func ${name}${type}\n  (call_indirect ${tableName}${bare}${parameters.join('')} ${slot}))`;
  });
  const placed = inTable.flatMap((name, i) => (lazy.includes(name) ? [[base + i, name]] : []));
  placed.push(...[...entered].map((name, i) => [Number(size) + i, name]));

  const first = all.flatMap((form) => {
    if (form === table) return [table.replace(/ \d+ \d+ funcref/, ` ${slots} ${slots} funcref`)];
    if (form === elements) {
      const names = inTable.map((name) => (lazy.includes(name) ? '$absent' : name));
      return [` (elem (table ${tableName}) (i32.const ${base}) func ${names.join(' ')})`];
    }
    const name = form.startsWith(' (func ') && new RegExp(NAME).exec(form)[0];
    return name && !kept.has(name) ? [] : [form];
  });
  const absent = placed.length > entered.size ? [' (func $absent (unreachable))'] : [];
  const marker = [' (global $build i32 (i32.const 0))', ` (export "build ${build}" (global $build))`];
  const segments = placed.map(([at, name]) => ` (elem (table ${tableName}) (i32.const ${at}) func ${name})`);
  const module = (parts) => `(module\n${parts.join('\n')}\n)\n`;
  return {
    first: module([...first, ...stubs, ...absent, ...marker, ...exports]),
    second: module([...of('type'), ...of('rec'), ...shared, ...segments, ...body]),
    entered: [...entered],
  };
}
