// What decides where several peers answer otherwise.

import { changed } from '../normal.mjs';
import { codes, refuses, sameItems, sortedText, stored, updates } from './seen.mjs';

const onlyTakes = (text) => /^(REMOVE|DELETE)/.test(text ?? '') && !/\b(SET|ADD) /.test(text);

/** Whether `one`, which is ours, lacks an item of which the peer has the key alone. */
const keyAlone = ({ key, one, other }) =>
  one === undefined && other !== undefined && Object.keys(other).length === JSON.parse(key).length;

export const removingCreatesNothing = {
  fact: 'an update that only removes creates no item, and nothing is wrong with it',
  is: ({ states, ...request }, ours, theirs) => {
    const takes = updates(request).filter(
      ({ TableName, Key, UpdateExpression }) =>
        onlyTakes(UpdateExpression) && stored(states[0], TableName, Key) === undefined,
    );
    if (takes.length === 0) return false;
    if (theirs.error) return refuses(theirs, 'document path') && !refuses(ours, 'document path');
    return !ours.error && [...changed(states)].every(keyAlone);
  },
};

export const equalIndexKeys = {
  fact: 'entries of an index with equal keys are in no promised order',
  is: ({ operation, input }, ours, theirs) =>
    operation === 'Query' &&
    input.IndexName !== undefined &&
    !ours.error &&
    !theirs.error &&
    ours.body.ScannedCount === theirs.body.ScannedCount &&
    sameByKey(ours.body, theirs.body),
};

/**
 * Whether two pages of an index are equal apart from the order of what has the same key. Where a page ends among such
 * entries, either of them may be on it.
 */
function sameByKey(one, other) {
  const ends = [one, other].map(({ LastEvaluatedKey }) => sort(LastEvaluatedKey));
  if (ends[0] !== ends[1]) return false;
  if (ends[0] === undefined) return sameItems(one.Items, other.Items) && sorts(one) === sorts(other);
  const before = ({ Items = [] }) => Items.filter((item) => sort(item) !== ends[0]);
  const [mine, its] = [before(one), before(other)];
  return sameItems(mine, its) && sorts({ Items: mine }) === sorts({ Items: its });
}

const sort = (key) => key?.n && sortedText({ n: key.n });
const sorts = ({ Items = [] }) => JSON.stringify(Items.map(sort));

/** What an expression or a statement is refused for by what it says, whatever is stored. */
export const STATIC = [
  'Incorrect operand type for operator or function',
  'Invalid attribute type name found',
  'The BETWEEN operator requires',
  'The first operand must be distinct',
  'Two document paths',
  'Duplicate identifiers in select clause',
  "Statement wasn't well formed",
  'Tuple keys must be of type String',
];

export const IN_KEYS = 'Key attributes must be scalars';
const unaware = [
  'ConditionalCheckFailedException',
  'ResourceNotFoundException',
  'TransactionCanceledException',
];

/** A peer that finds nothing wrong with an expression: it runs it, or something later stops it. */
export const overlooks = (theirs) => theirs.error === undefined || unaware.includes(theirs.error);

export const readBeforeRun = {
  fact: 'an expression is refused for what it says before anything is read (DynamoDB Local agrees)',
  is: (_, ours, theirs) =>
    ours.error === 'ValidationException' && STATIC.some((text) => refuses(ours, text)) && overlooks(theirs),
};

export const noPathIntoKeys = {
  fact: 'no expression of a request reaches into keys, before a condition is looked at',
  is: (_, ours, theirs) =>
    ours.error && refuses(ours, IN_KEYS) && !refuses(theirs, IN_KEYS) && overlooks(theirs),
};

export const noneBesideMisfits = {
  fact: 'where an action does not fit its item, the others read None',
  is: (_, ours, theirs) => {
    const [mine, its] = [codes(ours), codes(theirs)];
    return (
      mine.includes('ValidationError') &&
      mine.length === its.length &&
      mine.every((code, at) => code === its[at] || code === 'None')
    );
  },
};

export const tablesFirst = {
  fact: 'tables are looked up before anything is carried out',
  is: ({ operation }, ours, theirs) =>
    operation.includes('Transact') &&
    ours.error === 'ResourceNotFoundException' &&
    theirs.error &&
    !refuses(theirs, 'cannot include multiple operations'),
};

export const indexKeysLast = {
  fact: 'keys of an index are looked at once the condition holds and the update is carried out (DynamoDB Local agrees)',
  is: (request, ours, theirs) =>
    updates(request).length > 0 &&
    refuses(theirs, 'Type mismatch for Index Key') &&
    !refuses(ours, 'Type mismatch for Index Key') &&
    (!ours.error || refuses(ours, 'The conditional request failed')),
};

export const projectedFilters = {
  fact: 'a Query does not filter by what its index lacks (DynamoDB Local agrees)',
  is: (_, ours, theirs) => !theirs.error && refuses(ours, 'does not project one or more filter attributes'),
};

export const localIndexReadsTable = {
  fact: 'a local index reads the table for what it lacks (DynamoDB Local agrees)',
  is: ({ input }, ours, theirs) => {
    const asked =
      input.Statement?.split('"local"')[1] ?? input.ProjectionExpression ?? input.FilterExpression;
    return (
      (input.IndexName === 'local' || input.Statement?.includes('sorted."local"')) &&
      (/\b(a|s|l|m|ss|b|x)\b/.test(asked ?? '') || input.Select === 'ALL_ATTRIBUTES') &&
      !ours.error &&
      !theirs.error &&
      ours.body.ScannedCount === theirs.body.ScannedCount
    );
  },
};

export const listsReached = {
  fact: 'UPDATED_NEW shows of a list what the update reached',
  is: ({ input, states }, ours, theirs) =>
    input.ReturnValues === 'UPDATED_NEW' &&
    /\[\d\] = /.test(input.UpdateExpression) &&
    !ours.error &&
    !theirs.error &&
    changed(states).next().done,
};

export const rangesDoNotOverlap = {
  fact: 'ranges of keys in one statement do not overlap',
  is: ({ operation }, ours, theirs) =>
    operation === 'ExecuteStatement' &&
    !theirs.error &&
    refuses(ours, 'Overlapping conditions with range keys'),
};

export const allBounds = {
  fact: 'all bounds of a sort key bound what is evaluated (others take one, and filter by the rest)',
  is: ({ operation, input }, ours, theirs) =>
    operation === 'ExecuteStatement' &&
    input.Limit !== undefined &&
    (/ sk > \d AND sk < /.test(input.Statement) || / sk IN /.test(input.Statement)) &&
    !ours.error &&
    !theirs.error,
};

/** Facts for what a peer does not look at: DynamoDB Local, which does, is asked the same. */
export const unchecked = (texts) =>
  texts.map((text) => ({
    fact: `it is refused, as DynamoDB Local has it too: ${text}`,
    is: (_, ours, theirs) => ours.error && refuses(ours, text) && !refuses(theirs, text),
  }));

export const fullPages = {
  fact: 'a page that is full has a LastEvaluatedKey, whatever follows',
  is: ({ operation, input }, ours, theirs) =>
    operation === 'Query' &&
    ours.body.ScannedCount === input.Limit &&
    theirs.body.ScannedCount === input.Limit &&
    Boolean(ours.body.LastEvaluatedKey) &&
    !theirs.body.LastEvaluatedKey,
};
