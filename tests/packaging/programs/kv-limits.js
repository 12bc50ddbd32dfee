// What this Deno's KV takes at once, as pkg/src/storage/deno-kv/kv.ts relies on it.
const kv = await Deno.openKv(':memory:');
const many = (count, change) => {
  const atomic = kv.atomic();
  for (let at = 0; at < count; at++) change(atomic, at);
  return atomic.commit();
};
const bytes = (length) => new Uint8Array(length);
const tried = {
  'a value of 65,536 bytes': () => kv.set(['a'], bytes(65_536)),
  'a value of 65,537 bytes': () => kv.set(['a'], bytes(65_537)),
  'a key of 2,048 bytes': () => kv.set(['x'.repeat(2_046)], 1),
  'a key of 2,049 bytes': () => kv.set(['x'.repeat(2_047)], 1),
  '10 checks': () => many(10, (atomic, at) => atomic.check({ key: ['c', at], versionstamp: null })),
  '1,000 changes': () => many(1000, (atomic, at) => atomic.set(['m', at], bytes(1))),
  '1,001 changes': () => many(1001, (atomic, at) => atomic.set(['m', at], bytes(1))),
  // Keys of twelve bytes each count twice.
  '819,200 bytes': () => many(16, (atomic, at) => atomic.set(['m', at], bytes(51_176))),
  '819,201 bytes': () => many(16, (atomic, at) => atomic.set(['m', at], bytes(51_176 + (at === 0 ? 1 : 0)))),
  'keys of 80,000 bytes': () => many(40, (atomic, at) => atomic.delete(['x'.repeat(1_989), at])),
  '10 keys at once': () => kv.getMany(Array.from({ length: 10 }, (_, at) => ['m', at])),
  '11 keys at once': () => kv.getMany(Array.from({ length: 11 }, (_, at) => ['m', at])),
  '128 entries at a time': () => kv.list({ prefix: ['m'] }, { batchSize: 128 }).next(),
};
const said = {};
for (const [what, run] of Object.entries(tried)) {
  said[what] = await run().then(...[() => 'taken', (error) => error.message]);
}
// Numbers stand in their order, up to the largest exact one.
for (const id of [2 ** 53 - 1, 300, 9, 0, 255]) await kv.set(['o', id], bytes(0));
said.order = [];
for await (const { key } of kv.list({ start: ['o', 0], end: ['o', 2 ** 53] })) said.order.push(key[1]);
console.log(JSON.stringify(said));
