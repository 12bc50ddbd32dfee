// Answers in one form: numbers as one would write them, sets and whatever has no order sorted.

const canonicalNumber = (text) => {
  const [, sign, whole, fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d*))?(?:[eE]\+?(-?\d+))?$/.exec(text) ?? [];
  if (whole === undefined) return text;
  let digits = (whole + fraction).replace(/^0+/, '');
  let power = Number(exponent) - fraction.length;
  if (digits === '') return '0';
  const zeros = /0*$/.exec(digits)[0].length;
  digits = digits.slice(0, digits.length - zeros);
  power += zeros;
  return `${sign}${digits}e${power}`;
};

/** One attribute value. */
function value(data) {
  const [[type, held]] = Object.entries(data);
  switch (type) {
    case 'N':
      return { N: canonicalNumber(held) };
    case 'NS':
      return { NS: held.map(canonicalNumber).sort() };
    case 'SS':
    case 'BS':
      return { [type]: [...held].sort() };
    case 'L':
      return { L: held.map(value) };
    case 'M':
      return { M: item(held) };
    default:
      return data;
  }
}

/** An item, its attributes sorted. */
export const item = (data) =>
  Object.fromEntries(
    Object.entries(data)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, value(one)]),
  );

const text = (data) => JSON.stringify(data);
const sorted = (items) => items.map(item).sort((a, b) => (text(a) < text(b) ? -1 : 1));

/** What of an answer must be the same everywhere. */
export function normal(operation, { error: name, body }, input = {}) {
  if (name !== undefined) {
    // DynamoDB Local leaves out the end of this one.
    const error = name === 'DuplicateItem' ? 'DuplicateItemException' : name;
    const reasons = body.CancellationReasons?.map(({ Code }) => Code ?? 'None');
    const failed = body.Item && item(body.Item);
    return { error, ...(reasons ? { reasons } : {}), ...(failed ? { failed } : {}) };
  }
  const made = {};
  if (body.Item) made.Item = item(body.Item);
  // UPDATED_* of a change that shows nothing is absent or empty.
  if (body.Attributes && Object.keys(body.Attributes).length) made.Attributes = item(body.Attributes);
  const ordered = operation !== 'Scan' && !(operation === 'ExecuteStatement' && anyOrder(input.Statement));
  if (body.Items) made.Items = ordered ? body.Items.map(item) : sorted(body.Items);
  if (body.Count !== undefined) Object.assign(made, { Count: body.Count, ScannedCount: body.ScannedCount });
  if (body.NextToken) made.more = true;
  if (body.LastEvaluatedKey && operation !== 'ExecuteStatement')
    made.LastEvaluatedKey = item(body.LastEvaluatedKey);
  if (operation === 'BatchGetItem') {
    made.Responses = Object.fromEntries(
      Object.entries(body.Responses).map(([table, items]) => [table, sorted(items)]),
    );
  }
  if (operation === 'TransactGetItems' || operation === 'ExecuteTransaction') {
    made.Responses = body.Responses.map(({ Item }) => (Item ? item(Item) : null));
  }
  if (operation === 'BatchExecuteStatement') {
    made.Responses = body.Responses.map(({ Item, Error, TableName }) => [
      TableName ?? null,
      Item ? item(Item) : null,
      Error ? [Error.Code, Error.Item ? item(Error.Item) : null] : null,
    ]);
  }
  return made;
}

/** Only within one partition are items in an order. */
const anyOrder = (statement) =>
  !/ORDER BY|WHERE pk = '[^']*'( AND|$)/.test(statement) || / OR /.test(statement);

/** The keys of the items in which the states differ, with both items. */
export function* changed([ours, theirs]) {
  for (const table of Object.keys(ours)) {
    for (const key of new Set([...Object.keys(ours[table]), ...Object.keys(theirs[table])])) {
      const [one, other] = [ours[table][key], theirs[table][key]];
      if (JSON.stringify(one) !== JSON.stringify(other)) yield { key, one, other };
    }
  }
}
