// What decides where peers evaluate a condition otherwise.

/** The conditions of a request. */
const conditions = (input) =>
  [input, ...(input.TransactItems ?? []).flatMap((action) => Object.values(action))].map(
    ({ ConditionExpression, FilterExpression, ExpressionAttributeValues = {} }) => ({
      text: ConditionExpression ?? FilterExpression ?? '',
      values: ExpressionAttributeValues,
    }),
  );

/** A condition in which `function` has a value of this type. */
const has = (name, type) => (input) =>
  conditions(input).some(({ text, values }) =>
    [...text.matchAll(new RegExp(`${name}\\([^,()]+, (:\\w+)\\)`, 'g'))].some(
      ([, value]) => values[value]?.[type] !== undefined,
    ),
  );

const outcomes = [undefined, 'ConditionalCheckFailedException', 'TransactionCanceledException'];

export const binaryParts = {
  fact: 'begins_with and contains are of bytes too (DynamoDB Local agrees)',
  is: ({ input }, ours, theirs) =>
    (has('begins_with', 'B')(input) || has('contains', 'B')(input)) &&
    [ours, theirs].every(({ error }) => outcomes.includes(error)),
};

export const sizeOfNothing = {
  fact: 'a number, a boolean and null have no size',
  is: ({ input }, ours, theirs) =>
    conditions(input).some(({ text }) => text.includes('size(')) &&
    [ours, theirs].every(({ error }) => outcomes.includes(error)),
};

/** The values that a condition compares for equality. */
const compared = (text) =>
  [...text.matchAll(/(?:=|<>) (:\w+)|IN \((:\w+), (:\w+)\)/g)].flatMap(([, ...names]) => names);

export const equalToNothing = {
  fact: 'null is not equal to what is not there, nor true to one (DynamoDB Local agrees)',
  is: ({ input }, ours) =>
    conditions(input).some(({ text, values }) =>
      compared(text).some((name) => (values[name]?.NULL ?? values[name]?.BOOL) !== undefined),
    ) && outcomes.includes(ours.error),
};
