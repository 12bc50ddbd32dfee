// Differences that are decided: DynamoDB does as dynatab does, so far as it is documented or was recorded. Each says
// what decides it, and matches no more than it has to.

import { changed, item as normalItem } from './normal.mjs';

const LOCAL = 'DynamoDB Local';
const DYNALITE = 'dynalite';

const onlyTakes = (text) => /^(REMOVE|DELETE)/.test(text ?? '') && !/\b(SET|ADD) /.test(text);
const updates = ({ operation, input }) =>
  operation === 'UpdateItem' ? [input] : (input.TransactItems ?? []).flatMap(({ Update }) => Update ?? []);
const refuses = ({ message, body }, text) =>
  message.includes(text) ||
  (body.CancellationReasons ?? []).some(({ Message }) => Message?.includes(text)) ||
  (body.Responses?.some?.(({ Error }) => Error?.Message.includes(text)) ?? false);
const rejects = ({ body }) => (body.CancellationReasons ?? []).some(({ Code }) => Code === 'ValidationError');

const FACTS = [
  {
    fact: 'an update that only removes creates no item',
    peers: [LOCAL, DYNALITE],
    is: ({ states, ...request }, ours, theirs) =>
      updates(request).some(({ UpdateExpression }) => onlyTakes(UpdateExpression)) &&
      (theirs.error
        ? refuses(theirs, 'document path')
        : !ours.error &&
          [...changed(states)].every(
            ({ key, one, other }) =>
              one === undefined && Object.keys(other).length === JSON.parse(key).length,
          )),
  },
  {
    fact: 'entries of an index with equal keys are in no promised order',
    peers: [LOCAL, DYNALITE],
    is: ({ operation, input }, ours, theirs) =>
      operation === 'Query' &&
      input.IndexName !== undefined &&
      !ours.error &&
      !theirs.error &&
      ours.body.ScannedCount === theirs.body.ScannedCount &&
      (input.Limit !== undefined || sameByKey(ours.body.Items, theirs.body.Items)),
  },
  {
    fact: 'what an action of a transaction does not fit is a reason to cancel, and the others read None',
    peers: [LOCAL],
    is: ({ operation }, ours, theirs) =>
      operation.includes('Transact') && ours.error && theirs.error && rejects(ours),
  },
  {
    fact: 'a transaction names an item once, whatever its conditions are',
    peers: [LOCAL],
    is: (_, ours, theirs) => theirs.error && refuses(ours, 'cannot include multiple operations on one item'),
  },
  {
    fact: 'tables are looked up before anything is carried out',
    peers: [LOCAL],
    is: ({ operation }, ours, theirs) =>
      operation.includes('Transact') && ours.error === 'ResourceNotFoundException' && theirs.error,
  },
  {
    fact: 'expressions are read before tables are looked up',
    peers: [LOCAL],
    is: (_, ours, theirs) =>
      ours.error === 'ValidationException' && theirs.error === 'ResourceNotFoundException',
  },
  {
    fact: 'a page that is full has a LastEvaluatedKey, whatever follows',
    peers: [LOCAL],
    is: ({ operation, input }, ours, theirs) =>
      operation === 'Query' &&
      ours.body.ScannedCount === input.Limit &&
      theirs.body.ScannedCount === input.Limit &&
      Boolean(ours.body.LastEvaluatedKey) &&
      !theirs.body.LastEvaluatedKey,
  },
  {
    fact: 'a key of an index keeps its type',
    peers: [LOCAL],
    is: (_, ours, theirs) => !theirs.error && refuses(ours, 'Type mismatch for Index Key'),
  },
  {
    fact: 'UPDATED_NEW shows of a list what the update reached',
    peers: [LOCAL],
    is: ({ input, states }, ours, theirs) =>
      input.ReturnValues === 'UPDATED_NEW' &&
      /\[\d\] = /.test(input.UpdateExpression) &&
      !ours.error &&
      !theirs.error &&
      changed(states).next().done,
  },
  {
    fact: 'a transaction calls an INSERT that finds its key DuplicateItem',
    peers: [LOCAL],
    is: ({ operation }, ours, theirs) =>
      operation === 'ExecuteTransaction' &&
      codes(ours).includes('DuplicateItem') &&
      codes(theirs).length === codes(ours).length &&
      codes(ours).every(
        (code, at) =>
          code === codes(theirs)[at] || (code === 'DuplicateItem' && codes(theirs)[at] === 'ValidationError'),
      ),
  },
  {
    fact: 'a statement reads an index by its key only where the index has all that it filters by',
    peers: [LOCAL],
    is: ({ operation }, ours, theirs) =>
      operation === 'ExecuteStatement' &&
      !theirs.error &&
      refuses(ours, 'does not project one or more filter attributes'),
  },
  {
    fact: 'ranges of keys in one statement do not overlap',
    peers: [LOCAL],
    is: ({ operation }, ours, theirs) =>
      operation === 'ExecuteStatement' &&
      !theirs.error &&
      refuses(ours, 'Overlapping conditions with range keys'),
  },
  {
    fact: 'no statement fails for another reason than itself (DynamoDB Local: InternalFailure)',
    peers: [LOCAL],
    is: ({ operation }, ours, theirs) =>
      operation === 'ExecuteStatement' &&
      theirs.error === 'InternalFailure' &&
      (!ours.error || ours.error === 'ValidationException'),
  },
  {
    fact: 'a partition that a statement names twice is read once',
    peers: [LOCAL],
    is: ({ input }, ours, theirs) =>
      / IN \(('\w+'), \1\)| (\w+ = '\w+').* OR \2/.test(input.Statement) &&
      !ours.error &&
      theirs.body.Items?.length > ours.body.Items.length,
  },
  {
    fact: 'what does not pin a partition key filters, by values of any type',
    peers: [LOCAL],
    is: ({ operation }, ours, theirs) =>
      operation === 'ExecuteStatement' &&
      !ours.error &&
      refuses(theirs, 'parameter type does not match schema type'),
  },
  {
    fact: 'entries of an index with equal keys are in no promised order, for a statement neither',
    peers: [LOCAL],
    is: ({ operation, input }, ours, theirs) =>
      operation === 'ExecuteStatement' &&
      /"(local|global)"/.test(input.Statement) &&
      !ours.error &&
      !theirs.error &&
      sameItems(ours.body.Items, theirs.body.Items),
  },
  {
    fact: 'all statements of a transaction are read before any is carried out',
    peers: [LOCAL],
    is: ({ operation }, ours, theirs) =>
      operation === 'ExecuteTransaction' && ours.error === 'ValidationException' && rejects(theirs),
  },
  {
    fact: 'all bounds of a sort key bound what is evaluated (DynamoDB Local takes one, and filters by the rest)',
    peers: [LOCAL],
    is: ({ operation, input }, ours, theirs) =>
      operation === 'ExecuteStatement' &&
      input.Limit !== undefined &&
      (/ sk > \d AND sk < /.test(input.Statement) || / sk IN /.test(input.Statement)) &&
      !ours.error &&
      !theirs.error,
  },
  {
    fact: 'a batch names the table of a statement that ran; none runs that reaches into a key, or is not well formed',
    peers: [LOCAL],
    is: ({ operation }, ours, theirs) =>
      operation === 'BatchExecuteStatement' &&
      !ours.error &&
      !theirs.error &&
      ours.body.Responses.every((one, at) => sameBut(one, theirs.body.Responses[at])),
  },
  {
    fact: 'a statement that cannot be read is no read and no write',
    peers: [LOCAL],
    is: ({ operation }, ours, theirs) =>
      operation === 'BatchExecuteStatement' &&
      refuses(theirs, 'Read and write requests together') &&
      ours.body.Responses?.some(({ TableName }) => TableName === undefined),
  },
  {
    fact: 'a page begins where ORDER BY does (DynamoDB Local turns a page around once it is cut)',
    peers: [LOCAL],
    is: ({ input }, ours, theirs) =>
      / ORDER BY \w+ DESC$/.test(input.Statement) &&
      input.Limit !== undefined &&
      !ours.error &&
      !theirs.error,
  },
  {
    fact: 'a batch that is refused has run nothing',
    peers: [LOCAL],
    is: ({ operation }, ours, theirs) =>
      operation === 'BatchExecuteStatement' &&
      [ours, theirs].every((answer) => refuses(answer, 'Provided list of item keys contains duplicates')),
  },
  {
    fact: 'keys of an index are looked at once the condition holds and the update is carried out',
    peers: [DYNALITE],
    is: ({ operation }, ours, theirs) =>
      operation === 'UpdateItem' &&
      refuses(theirs, 'Type mismatch for Index Key') &&
      (!ours.error || ours.error === 'ConditionalCheckFailedException'),
  },
  {
    fact: 'no expression of a request reaches into keys, before a condition is looked at',
    peers: [LOCAL, DYNALITE],
    is: (_, ours, theirs) =>
      refuses(ours, 'Key attributes must be scalars') &&
      (!theirs.error || theirs.error === 'ConditionalCheckFailedException'),
  },
  {
    fact: 'only what is ordered is compared by order (DynamoDB Local agrees)',
    peers: [DYNALITE],
    is: (_, ours) => refuses(ours, 'Incorrect operand type for operator or function'),
  },
  {
    fact: 'a Query does not filter by what its index lacks (DynamoDB Local agrees)',
    peers: [DYNALITE],
    is: (_, ours, theirs) => !theirs.error && refuses(ours, 'does not project one or more filter attributes'),
  },
  {
    fact: 'a local index reads the table for what it lacks (DynamoDB Local agrees)',
    peers: [DYNALITE],
    is: ({ operation, input }, ours, theirs) =>
      /Query|Scan/.test(operation) &&
      input.IndexName === 'local' &&
      (input.ProjectionExpression ?? input.FilterExpression) !== undefined &&
      !ours.error &&
      !theirs.error &&
      ours.body.ScannedCount === theirs.body.ScannedCount,
  },
  {
    fact: 'Select fits what else is asked for (DynamoDB Local agrees)',
    peers: [DYNALITE],
    is: (_, ours, theirs) =>
      !theirs.error &&
      ['ALL_PROJECTED_ATTRIBUTES can be used only', 'Cannot specify the ProjectionExpression'].some((text) =>
        refuses(ours, text),
      ),
  },
  {
    fact: 'keys of an index are not empty (DynamoDB Local agrees)',
    peers: [DYNALITE],
    is: (_, ours, theirs) => !theirs.error && refuses(ours, 'cannot contain an empty string value'),
  },
  {
    fact: 'ReturnValuesOnConditionCheckFailure (DynamoDB Local agrees)',
    peers: [DYNALITE],
    is: ({ input }, ours, theirs) =>
      input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' &&
      ours.error === 'ConditionalCheckFailedException' &&
      theirs.error === ours.error,
  },
  {
    fact: 'false, null and what is empty are there (DynamoDB Local agrees)',
    peers: [DYNALITE],
    is: ({ input }, ours, theirs) =>
      (/attribute_type|contains/.test(input.ConditionExpression ?? input.FilterExpression) ||
        /"[LM]":(\[\]|\{\})/.test(JSON.stringify(input.ExpressionAttributeValues))) &&
      [ours, theirs].every(({ error }) => !error || error === 'ConditionalCheckFailedException'),
  },
  {
    fact: 'NOT may be repeated (DynamoDB Local agrees)',
    peers: [DYNALITE],
    is: ({ input }, ours, theirs) =>
      /NOT NOT/.test(input.ConditionExpression ?? input.FilterExpression) && refuses(theirs, 'Syntax error'),
  },
];

const codes = ({ body }) => (body.CancellationReasons ?? []).map(({ Code }) => Code);

/** Answers to one statement of a batch that are equal apart from the table, where it did not run. */
function sameBut(one, other) {
  if (one.Error?.Message.startsWith('Key attributes must be scalars')) return Boolean(other.Error);
  if (one.Error?.Message.startsWith("Statement wasn't well formed")) return true;
  const seen = ({ Item, Error, TableName }) => [
    Error?.Code === 'ValidationError' || TableName,
    Item,
    Error?.Code,
  ];
  const [mine, its] = [one, other].map((answer) => ({
    ...answer,
    Item: answer.Item && sortedText(answer.Item),
  }));
  return JSON.stringify(seen(mine)) === JSON.stringify(seen(its));
}

/** Equal apart from their order. */
const sameItems = (ours, theirs) =>
  JSON.stringify(ours.map(sortedText).sort()) === JSON.stringify(theirs.map(sortedText).sort());

/** Equal apart from the order of what has the same index key. */
function sameByKey(ours = [], theirs = []) {
  const keys = (items) => JSON.stringify(items.map(({ n }) => n));
  const all = (items) => JSON.stringify(items.map(sortedText).sort());
  return keys(ours) === keys(theirs) && all(ours) === all(theirs);
}

const sortedText = (one) => JSON.stringify(normalItem(one));

/** What decides a difference, or undefined when nothing does. */
export function known(peer, { answers: [ours, theirs], ...seen }) {
  return FACTS.find(({ peers, is }) => peers.includes(peer) && is(seen, ours, theirs))?.fact;
}
