// The engine with a memory that cannot grow beyond a size.

const MEMORY = 5;
const PAGE = 65_536;

/** `wasm` with a memory of at most `bytes`. */
export function limited(wasm, bytes) {
  const out = [wasm.subarray(0, 8)];
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const leb = (value) => {
    const made = [];
    for (; value > 127; value = Math.floor(value / 128)) made.push((value % 128) | 128);
    return [...made, value];
  };
  while (at < wasm.length) {
    const start = at;
    const id = number();
    const length = number();
    const end = at + length;
    if (id === MEMORY) {
      // One memory, with a maximum from now on.
      if (number() !== 1) throw new Error('not one memory');
      number();
      const body = [1, 1, ...leb(number()), ...leb(bytes / PAGE)];
      out.push(Buffer.from([MEMORY, ...leb(body.length), ...body]));
    } else out.push(wasm.subarray(start, end));
    at = end;
  }
  return Buffer.concat(out);
}
