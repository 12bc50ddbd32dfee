// Short names between the engine and its glue. wasm-bindgen gives every import and closure a name with a hash in it,
// which is in the wasm and in the JavaScript and does not compress.

/** A reader of the few things a wasm file's import and export sections are made of. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  name() {
    return this.take(this.number()).toString();
  }
}

function number(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

const sized = (bytes) => Buffer.concat([number(bytes.length), bytes]);
const named = (name) => sized(Buffer.from(name));

const [IMPORTS, EXPORTS] = [2, 7];
const FUNCTION = 0;
const HASHED = /_h?[0-9a-f]{16}(_|$)/;

/** The engine and its glue with short names in place of those with a hash. */
export function shorten(wasm, glue) {
  const names = new Map();
  const short = (name) => {
    if (!HASHED.test(name)) return name;
    if (!names.has(name)) names.set(name, `$${names.size.toString(36)}`);
    return names.get(name);
  };
  const sections = {
    [IMPORTS]: (section) => {
      const start = section.at;
      const from = [section.name(), short(section.name())].map(named);
      // Functions are all that the glue gives; anything else would end this loop in the wrong place.
      if (section.take(1)[0] !== FUNCTION) throw new Error(`the import at ${start} is not a function`);
      return [...from, Buffer.from([FUNCTION]), number(section.number())];
    },
    [EXPORTS]: (section) => [named(short(section.name())), section.take(1), number(section.number())],
  };
  const file = new Reader(wasm);
  const out = [file.take(8)];
  while (file.at < wasm.length) {
    const id = file.take(1)[0];
    const body = file.take(file.number());
    const rewrite = sections[id];
    if (!rewrite) {
      out.push(Buffer.from([id]), sized(body));
      continue;
    }
    const section = new Reader(body);
    const entries = [number(section.number())];
    while (section.at < body.length) entries.push(...rewrite(section));
    out.push(Buffer.from([id]), sized(Buffer.concat(entries)));
  }
  const renamed = glue.replace(/\w+/g, (word) => names.get(word) ?? word);
  return { wasm: Buffer.concat(out), glue: renamed };
}
