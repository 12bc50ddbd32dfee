// The codec alone, without an engine: what is encoded in relaxed form decodes to what the SDK would return.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as sdk from '@aws-sdk/util-dynamodb';
import { Decoder } from '../../../pkg/src/codec/decode.js';
import { encodeItem, encodeValue } from '../../../pkg/src/codec/encode.js';
import { encodeAttribute, encodeAttributes } from '../../../pkg/src/codec/encode-attribute.js';
import { NumberValue } from '../../../pkg/src/codec/number-value.js';
import { Writer } from '../../../pkg/src/codec/writer.js';

const decoder = new Decoder();

function nativeThenAttribute(value: unknown, options?: object): unknown {
  const w = new Writer(16);
  encodeValue(w, value, options);
  return decoder.value(w.bytes, 0, w.at, false);
}

function roundTrip(value: unknown, options?: object, back?: object): unknown {
  const w = new Writer(16);
  encodeValue(w, value, options);
  return decoder.value(w.bytes, 0, w.at, true, back);
}

/** What the engine does to number texts, which the codec leaves as they are. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(
    Object.entries(value).map(([k, v]) => [
      k,
      k === 'N' ? String(Number(v)) : k === 'NS' ? (v as string[]).map((n) => String(Number(n))) : plain(v),
    ]),
  );
}

class Point {
  x = 1;
  y = undefined;
  get z() {
    return 3;
  }
}

const cyclic: unknown[] = [];
cyclic.push(cyclic);

const values: [string, unknown][] = [
  ['empty string', ''],
  ['ascii', 'hello'],
  ['long ascii', 'x'.repeat(1000)],
  ['latin', 'grüße'],
  ['long latin', 'ü'.repeat(500)],
  // Its header is a byte longer than that of as many ASCII characters.
  ['longer latin', 'ü'.repeat(5000)],
  ['63 characters', 'y'.repeat(63)],
  ['64 characters', 'y'.repeat(64)],
  ['199 characters', 'y'.repeat(199)],
  ['200 characters', 'y'.repeat(200)],
  ['199 characters, the last one wide', 'y'.repeat(198) + 'é'],
  ['63 wide characters', '語'.repeat(63)],
  ['64 wide characters', '語'.repeat(64)],
  ['emoji', '😀 a 😀'],
  ['long emoji', '😀'.repeat(100)],
  ['byte order mark', '\ufeffx'],
  ['control characters', '\u0000\u0080\u009f'],
  ...[
    0,
    -0,
    1,
    -1,
    63,
    64,
    -64,
    -65,
    127,
    128,
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 31,
    2 ** 32,
    2 ** 40,
    2 ** 52,
    2 ** 52 + 1,
    -(2 ** 52) - 1,
  ]
    .concat([
      2 ** 53 - 1,
      -(2 ** 53) + 1,
      2 ** 53,
      -(2 ** 53),
      1e21,
      -1e21,
      1e300,
      0.1,
      -0.1,
      0.5,
      12.34,
      1.005,
      99.99,
    ])
    .concat([
      123456.789,
      0.1 + 0.2,
      1e-7,
      5e-324,
      1.7976931348623157e308,
      Math.PI,
      -Math.E,
      1e15 + 0.5,
      123456789.123456,
    ])
    .concat([NaN, Infinity, -Infinity])
    .map((n): [string, unknown] => [`number ${n}`, n]),
  ['boxed number', Object(5)],
  ['boxed string', Object('text')],
  ['boxed boolean', Object(false)],
  ['true', true],
  ['false', false],
  ['null', null],
  ['undefined', undefined],
  ['function', () => 1],
  ['bigint', 12345678901234567890n],
  ['negative bigint', -5n],
  ['bytes', new Uint8Array([1, 2, 3])],
  ['no bytes', new Uint8Array(0)],
  ['buffer', Buffer.from('abc')],
  ['array', [1, 'a', null, [true], {}]],
  ['array with undefined', [1, undefined, 2]],
  ['array with a hole', [1, , 2]],
  ['array with a function', [1, () => 1, 2]],
  ['empty array', []],
  ['200 members', Array.from({ length: 200 }, (_, i) => i)],
  ['200 names', Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`n${i}`, i]))],
  ['map', { a: 1, b: { c: [2] } }],
  ['map with undefined', { a: 1, b: undefined }],
  ['map with a function', { a: 1, b() {} }],
  ['map without prototype', Object.assign(Object.create(null), { a: 1 })],
  [
    'Map',
    new Map<unknown, unknown>([
      ['a', 1],
      [2, undefined],
    ]),
  ],
  ['string set', new Set(['a', 'b'])],
  ['number set', new Set([1, 2.5])],
  ['bigint set', new Set([1n, 2n])],
  ['byte set', new Set([new Uint8Array([1]), new Uint8Array([2, 3])])],
  ['empty set', new Set()],
  ['set with undefined', new Set(['a', undefined])],
  ['set of undefined', new Set([undefined])],
  ['set of booleans', new Set([true])],
  ['set with NaN', new Set([NaN])],
  ['set with a large number', new Set([2 ** 60])],
  ['date', new Date(0)],
  ['class instance', new Point()],
  ['regular expression', /x/],
  ['weak map', new WeakMap()],
];

const optionSets = [
  {},
  { convertEmptyValues: true },
  { removeUndefinedValues: true },
  { convertClassInstanceToMap: true },
  { allowImpreciseNumbers: true },
  {
    convertEmptyValues: true,
    removeUndefinedValues: true,
    convertClassInstanceToMap: true,
    allowImpreciseNumbers: true,
  },
];

function outcome(run: () => unknown): unknown {
  try {
    return { value: run() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

test('values are marshalled as by the SDK, errors included', () => {
  let compared = 0;
  for (const options of optionSets) {
    for (const [name, value] of values) {
      const theirs = outcome(() => plain(sdk.convertToAttr(value as never, options)));
      const ours = outcome(() => plain(nativeThenAttribute(value, options)));
      assert.deepEqual(ours, theirs, `${name} with ${JSON.stringify(options)}`);
      compared++;
    }
  }
  assert.ok(compared > 400);
});

test('values come back as by the SDK', () => {
  for (const back of [{}, { wrapNumbers: true }, { wrapNumbers: (text: string) => `n${text}` }]) {
    for (const [name, value] of values) {
      const theirs = outcome(() =>
        sdk.convertToNative(plain(sdk.convertToAttr(value as never)) as never, back),
      );
      if ('error' in (theirs as object)) continue;
      const ours = outcome(() => {
        const w = new Writer();
        encodeAttribute(w, plain(sdk.convertToAttr(value as never)));
        return decoder.value(w.bytes, 0, w.at, true, back);
      });
      // NumberValue is a class of ours there.
      assert.deepEqual(untyped(ours), untyped(theirs), `${name} with ${JSON.stringify(back)}`);
    }
  }
});

function untyped(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (typeof (value as NumberValue).toBigInt === 'function') return { number: String(value) };
  if (value instanceof Set) return new Set([...value].map(untyped));
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(untyped);
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, untyped(v)]));
}

test('native values survive a round trip', () => {
  for (const [name, value] of values) {
    const sent = outcome(() => nativeThenAttribute(value));
    if ('error' in (sent as object)) continue;
    const back = outcome(() => roundTrip(value));
    const theirs = outcome(() => sdk.convertToNative(sdk.convertToAttr(value as never)));
    assert.deepEqual(untyped(back), untyped(theirs), name);
  }
});

test('random doubles keep their value', () => {
  for (let i = 0; i < 20000; i++) {
    const n = (Math.random() - 0.5) * 10 ** Math.floor(Math.random() * 20 - 6);
    const value = Math.random() < 0.5 ? n : Number(n.toFixed(i % 7));
    if (value === 0) continue;
    if (!Number.isSafeInteger(value) && Math.abs(value) > Number.MAX_SAFE_INTEGER) continue;
    const { N } = nativeThenAttribute(value) as { N: string };
    assert.equal(Number(N), value);
    assert.equal(Number(N).toString(), value.toString());
    assert.ok(Object.is(roundTrip(value), value));
  }
});

test('bigints and NumberValues keep every digit', () => {
  const text = '12345678901234567890123456789012345678';
  assert.deepEqual(nativeThenAttribute(BigInt(text)), { N: text });
  assert.deepEqual(nativeThenAttribute(NumberValue.from(text)), { N: text });
  assert.deepEqual(nativeThenAttribute(sdk.NumberValueImpl.from(text)), { N: text });
  assert.deepEqual(nativeThenAttribute(new Set([sdk.NumberValueImpl.from('1.5')])), { NS: ['1.5'] });
  assert.equal(roundTrip(BigInt(text)), BigInt(text));
});

test("NumberValue behaves as the SDK's", () => {
  for (const value of [1, 1.5, '1e400', 5n, { N: '7' }, NaN, Infinity, 2 ** 60, 'x']) {
    const of = (C: { from(v: never): { value: string; toString(): string } }) =>
      outcome(() => {
        const n = C.from(value as never);
        return [n.value, String(n), n.valueOf()];
      });
    assert.deepEqual(of(NumberValue), of(sdk.NumberValueImpl), String(value));
  }
});

test('a surrogate without its partner becomes a question mark', () => {
  for (const n of [1, 200]) {
    for (const [text, expected] of [
      ['\ud800', '?'],
      ['\udc00-\ud800-', '?-?-'],
      ['a\ud83dz😀', 'a?z😀'],
      ['é\udfff', 'é?'],
    ] as const) {
      assert.equal(roundTrip(text.repeat(n)), expected.repeat(n));
    }
  }
});

test('views and ArrayBuffers are their bytes', () => {
  const bytes = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  const middle = (C: new (b: ArrayBuffer, o: number, n: number) => ArrayBufferView, n: number) =>
    new C(bytes.buffer, 0, n);
  assert.deepEqual(roundTrip(bytes.buffer), bytes);
  assert.deepEqual(roundTrip(bytes.subarray(2, 4)), new Uint8Array([2, 3]));
  assert.deepEqual(roundTrip(middle(DataView, 3)), new Uint8Array([0, 1, 2]));
  assert.deepEqual(roundTrip(middle(Int16Array as never, 2)), new Uint8Array([0, 1, 2, 3]));
  assert.deepEqual(roundTrip(middle(Float64Array as never, 1)), bytes.slice(0, 8));
});

test('a Blob is refused', () => {
  assert.throws(() => roundTrip(new Blob(['x'])), /arrayBuffer/);
});

test('names that mean something to JavaScript are data', () => {
  const item = JSON.parse(
    '{"__proto__":{"polluted":1},"constructor":{"prototype":2},"toString":"t","hasOwnProperty":1}',
  );
  for (let i = 0; i < 3; i++) {
    const w = new Writer();
    encodeItem(w, item);
    // An attribute map as a document value, twice, so that cached names are used too.
    const back = decoder.document(w.bytes, 0, w.at, true) as Record<string, unknown>;
    assert.equal(Object.getPrototypeOf(back), Object.prototype);
    assert.deepEqual(Object.keys(back), ['__proto__', 'constructor', 'toString', 'hasOwnProperty']);
    assert.deepEqual(Object.getOwnPropertyDescriptor(back, '__proto__')!.value, { polluted: 1 });
    const attributes = decoder.document(w.bytes, 0, w.at, false) as Record<string, unknown>;
    assert.equal(Object.getPrototypeOf(attributes), Object.prototype);
    assert.deepEqual(Object.getOwnPropertyDescriptor(attributes, '__proto__')!.value, {
      M: { polluted: { N: '1' } },
    });
    const again = new Writer();
    encodeAttributes(again, attributes);
    assert.deepEqual(again.bytes.slice(0, again.at), w.bytes.slice(0, w.at));
  }
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test('only own enumerable string keys are attributes', () => {
  const inherited = Object.create({ above: 1 });
  inherited.own = 2;
  inherited[Symbol('s')] = 3;
  Object.defineProperty(inherited, 'hidden', { value: 4, enumerable: false });
  assert.deepEqual(roundTrip(inherited, { convertClassInstanceToMap: true }), { own: 2 });
});

test('a cyclic value is refused', () => {
  assert.throws(() => roundTrip(cyclic), /Nesting Levels have exceeded supported limits/);
  const l: { L: unknown[] } = { L: [] };
  l.L.push(l);
  assert.throws(() => encodeAttribute(new Writer(), l), /Nesting Levels have exceeded supported limits/);
});

test('AttributeValues survive a round trip', () => {
  const item = {
    S: { S: 'text' },
    N: { N: '-12.50' },
    I: { N: '123456789012345' },
    Z: { N: '007' },
    B: { B: new Uint8Array([1]) },
    T: { BOOL: true },
    F: { BOOL: false },
    U: { NULL: true },
    L: { L: [{ S: '' }, { L: [] }] },
    M: { M: { a: { M: {} } } },
    SS: { SS: ['a', 'ü'] },
    NS: { NS: ['1', '2.5'] },
    BS: { BS: [new Uint8Array([1]), new Uint8Array([])] },
  };
  const w = new Writer();
  encodeAttributes(w, item);
  assert.deepEqual(decoder.document(w.bytes, 0, w.at, false), item);
});

test("a low-level value of the wrong type is refused in the service's words", () => {
  for (const [value, message] of [
    [{ S: 5 }, 'NUMBER_VALUE cannot be converted to String'],
    [{ S: 5.5 }, 'DECIMAL_VALUE cannot be converted to String'],
    [{ N: 5 }, 'NUMBER_VALUE cannot be converted to String'],
    [{ BOOL: 5 }, 'NUMBER_VALUE cannot be converted to Boolean'],
    [{ S: true }, 'TRUE_VALUE cannot be converted to String'],
    ['text', 'Unexpected field type'],
  ] as const) {
    assert.throws(() => encodeAttribute(new Writer(), value), { message });
  }
});

test('items of one shape and of changing shapes decode alike', () => {
  const shapes = [
    { a: 1, b: { c: 'x' }, d: [{ e: 1 }, { f: 2 }] },
    { a: 1, b: { c2: 'x' }, d: [{ e: 1, g: 3 }] },
    { b: 1, a: { c: 'x' } },
    { a: 1, ab: 2, abc: 3, ü: 4, ['n'.repeat(70)]: 5 },
    {},
  ];
  for (let i = 0; i < 200; i++) {
    const item = shapes[(i * 7) % shapes.length]!;
    const w = new Writer();
    encodeItem(w, item);
    assert.deepEqual(decoder.document(w.bytes, 0, w.at, true), item);
  }
});

test('many names do not grow the cache without end', () => {
  const small = new Decoder();
  for (let i = 0; i < 10000; i++) {
    const w = new Writer();
    encodeItem(w, { [`name${i}`]: i });
    assert.deepEqual(small.document(w.bytes, 0, w.at, true), { [`name${i}`]: i });
  }
  assert.ok((small as unknown as { names: Map<string, unknown> }).names.size <= 4097);
});

test('large items and large documents decode as small ones', () => {
  const item = {
    s: 'x'.repeat(100_000),
    u: 'ü'.repeat(50_000),
    b: new Uint8Array(70_000).fill(7),
    n: 1,
    m: { a: 'short' },
  };
  const w = new Writer();
  encodeItem(w, item);
  assert.deepEqual(decoder.document(w.bytes, 0, w.at, true), item);
});
