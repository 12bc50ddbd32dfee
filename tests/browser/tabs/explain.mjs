// Whether one order of operations, each between its beginning and its end, explains all answers.

import assert from 'node:assert/strict';

/** Clocks of processes differ by so much, in milliseconds. */
const SKEW = 5;

/**
 * Throws where there is none. `unknown` is how many calls may have been carried out without that an answer was seen; gives
 * how many were.
 */
export function explain(history, final, { unknown, accounts, money }) {
  let silent = 0;
  const items = new Set(history.filter(({ kind }) => kind === 'add').map(({ item }) => item));
  for (const item of items)
    silent += explainCounter(
      history.filter((entry) => entry.item === item),
      final[item],
      item,
    );
  explainAccounts(history, final, { accounts, money });
  assert.ok(
    silent <= unknown,
    `${silent} additions that nobody was told of, of ${unknown} calls without an answer`,
  );
  return silent;
}

/**
 * A counter that is only added to, and tells its value each time: the order of additions is that of their values. It has to
 * agree with the order in time, and what is read has to fit in.
 */
function explainCounter(entries, count, item) {
  const adds = entries.filter(({ kind }) => kind === 'add').sort((a, b) => a.value - b.value);
  const values = adds.map(({ value }) => value);
  assert.equal(
    new Set(values).size,
    values.length,
    `${item}: an addition was answered or done twice: ${twice(values)}`,
  );
  assert.ok(
    adds.at(-1).value <= count,
    `${item}: ${adds.at(-1).value} was acknowledged, and it ends at ${count}`,
  );
  // No addition begins after one with a greater value has ended.
  let earliestEnd = Infinity;
  for (const { value, start, end } of adds.toReversed()) {
    assert.ok(start <= earliestEnd + SKEW, `${item}: ${value} began after a greater one had ended`);
    earliestEnd = Math.min(earliestEnd, end);
  }
  for (const { value, start, end } of entries.filter(({ kind }) => kind === 'read')) {
    // All that had ended before it began is seen, and nothing that began after it had ended.
    const least = adds.reduce((most, add) => (add.end + SKEW < start ? Math.max(most, add.value) : most), 0);
    assert.ok(value >= least, `${item}: ${value} was read after ${least} had been acknowledged`);
    const add = adds.find((add) => add.value === value);
    if (add) assert.ok(add.start <= end + SKEW, `${item}: ${value} was read before it was written`);
    assert.ok(value <= count, `${item}: ${value} was read, and it ends at ${count}`);
  }
  return count - adds.length;
}

/** Money is moved and never made: each look at all accounts at once sees all of it. */
function explainAccounts(history, final, { accounts, money }) {
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  for (const { kind, values } of history) {
    if (kind !== 'sum') continue;
    assert.equal(sum(values), accounts * money, `half of a transaction was seen: ${values}`);
    assert.ok(
      values.every((value) => value >= 0),
      `more was taken than there was: ${values}`,
    );
  }
  const ends = Object.entries(final).filter(([id]) => id.startsWith('account'));
  assert.equal(sum(ends.map(([, n]) => n)), accounts * money);
}

const twice = (values) => values.filter((value, at) => values.indexOf(value) !== at).slice(0, 5);
