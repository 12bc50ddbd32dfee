// Functions that are alike beside each other: gzip looks back 32 KB only, and finds more there.
//
// The order is chosen here and given as names, "00000", "00001", ...; wasm-opt sorts functions by name, and numbers anew
// whatever refers to them.

const [CUSTOM, IMPORTS, CODE] = [0, 2, 10];
/** Kinds of imports; what is none of these is a memory. */
const [FUNCTION, TABLE, GLOBAL] = [0, 1, 3];
/** Bytes that make a piece of code; functions with pieces in common are alike. */
const PIECE = 6;
/** Pieces of more functions than this are everywhere and say nothing. */
const COMMON = 60;
/** Bytes that gzip can look back, with some room. */
const WINDOW = 28_000;

/** A wasm file with names for its functions that put them in order. */
export function nameByLikeness(wasm) {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  /** Passes an import over; 1 if it is a function, which has a number as the others do. */
  const skipImport = () => {
    for (let names = 0; names < 2; names++) {
      const length = number();
      at += length;
    }
    const kind = wasm[at++];
    if (kind === FUNCTION) number();
    else if (kind === GLOBAL) at += 2;
    else {
      if (kind === TABLE) at++;
      const limits = wasm[at++];
      number();
      if (limits & 1) number();
    }
    return Number(kind === FUNCTION);
  };
  let imports = 0;
  let bodies = [];
  while (at < wasm.length) {
    const id = wasm[at++];
    const length = number();
    const end = at + length;
    if (id === IMPORTS) {
      for (let left = number(); left > 0; left--) imports += skipImport();
    }
    if (id === CODE) {
      bodies = Array.from({ length: number() }, () => {
        const size = number();
        at += size;
        return wasm.subarray(at - size, at);
      });
    }
    at = end;
  }
  const places = new Map(order(bodies).map((index, place) => [index, place]));
  const entries = bodies.map((_, index) => [
    ...leb(imports + index),
    ...text(String(places.get(index)).padStart(5, '0')),
  ]);
  const names = Buffer.from([...leb(entries.length), ...entries.flat()]);
  const section = Buffer.from([...text('name'), 1, ...leb(names.length), ...names]);
  return Buffer.concat([wasm, Buffer.from([CUSTOM, ...leb(section.length)]), section]);
}

const leb = (value) => (value < 128 ? [value] : [(value % 128) | 128, ...leb(Math.floor(value / 128))]);
const text = (string) => [...leb(string.length), ...Buffer.from(string)];

/** Indexes of byte strings: each is the most like those in the window before it, for its size. */
function order(bodies) {
  const pieces = bodies.map((body) => {
    const found = new Set();
    for (let i = 0; i + PIECE <= body.length; i++) found.add(body.toString('latin1', i, i + PIECE));
    return found;
  });
  const owners = new Map();
  pieces.forEach((own, index) => {
    for (const piece of own) owners.get(piece)?.push(index) ?? owners.set(piece, [index]);
  });
  const alike = (index) => {
    const weights = new Map();
    for (const piece of pieces[index]) {
      const others = owners.get(piece);
      if (others.length < 2 || others.length > COMMON) continue;
      const weight = 1 / Math.log(1 + others.length);
      for (const other of others) {
        if (other !== index) weights.set(other, (weights.get(other) ?? 0) + weight);
      }
    }
    return weights;
  };
  const left = new Set(bodies.keys());
  const scores = new Float64Array(bodies.length);
  const window = [];
  const chosen = [];
  let held = 0;
  while (left.size > 0) {
    let best = -1;
    let most = -1;
    for (const index of left) {
      // The first one is the longest.
      const { length } = bodies[index];
      const score = chosen.length === 0 ? length : scores[index] / (length + 20);
      if (score > most) [best, most] = [index, score];
    }
    left.delete(best);
    chosen.push(best);
    const weights = alike(best);
    window.push([best, weights]);
    held += bodies[best].length;
    for (const [index, weight] of weights) scores[index] += weight;
    while (held > WINDOW && window.length > 1) {
      const [index, gone] = window.shift();
      held -= bodies[index].length;
      for (const [other, weight] of gone) scores[other] -= weight;
    }
  }
  return chosen;
}
