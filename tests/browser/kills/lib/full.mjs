// A storage that runs full: the error is typed and has the bytes, nothing acknowledged is lost and nothing refused is
// there, reads go on, over a reload too, jobs rest, and writes go on once there is space.

import assert from 'node:assert/strict';

/** Writing transactions that may begin by themselves in eight seconds: a job is tried again ever more seldom. */
const RESTLESS = 8;

function assertRefused(answer, where) {
  assert.equal(answer.name, 'StorageFullException', `${where}: ${JSON.stringify(answer)}`);
  assert.ok(answer.typed && answer.status === 507, where);
  assert.match(
    answer.message,
    /^the storage is full: QuotaExceededError.*; \d+ of \d+ bytes are used$/,
    where,
  );
  assert.ok(answer.usage > 0 && answer.quota > 0, `${where}: ${answer.usage} of ${answer.quota}`);
}

/**
 * Goes through it. `firm` says that after `shut` there is space for nothing; else a flush may have freed what the next write
 * needs. `call(name, ...arguments)` calls a function of the page, `shut()` takes the last of the space
 * away, `lift()` gives some back.
 */
export async function runFull({ call, shut, lift, durability, firm }) {
  const refuses = (answer, where) => {
    if (firm || answer !== 'ok') assertRefused(answer, where);
  };
  await call('begin', durability);
  const { count, refusals } = await call('fill');
  for (const refusal of refusals) assertRefused(refusal, 'the first refusals');
  assert.ok(count > 200, `only ${count} writes before it was full`);

  await shut();
  // What a browser reckons with lags behind, and blocks that a flush has freed are space for the next write: it is full
  // only when several writes in a row say so.
  for (let refused = 0; refused < 5; refused++) if ((await call('fill')).count > 16) refused = 0;
  refuses(await call('put'), 'a put');
  // A deletion is a record in the log like any other write.
  refuses(await call('remove'), 'a deletion');
  const full = await call('check');
  assert.deepEqual(full.wrong, [], 'while it is full');
  const restless = await call('restless', 8000);
  assert.ok(!firm || restless <= RESTLESS, `${restless} transactions began while there was nothing to do`);

  await call('end');
  await call('begin', durability);
  refuses(await call('put'), 'a put after opening again');
  assert.deepEqual((await call('check')).wrong, [], 'opened again while it is full');

  await lift();
  assert.equal(await call('put'), 'ok', 'there is space again');
  assert.equal(await call('remove'), 'ok');
  const more = await call('fill', 400);
  assert.deepEqual(more.refusals, []);
  assert.deepEqual((await call('check')).wrong, [], 'with space again');
  await call('end');
  await call('begin', durability);
  const { wrong, items } = await call('check');
  assert.deepEqual(wrong, [], 'opened again with space');
  await call('end');
  return { count, items, restless, refusal: refusals[0] };
}
