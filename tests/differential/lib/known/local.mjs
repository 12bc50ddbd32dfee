// What decides where DynamoDB Local answers otherwise.

import { codes, refuses, rejects, sameItems, sortedText } from './seen.mjs';
import {
  allBounds,
  equalIndexKeys,
  fullPages,
  listsReached,
  noPathIntoKeys,
  rangesDoNotOverlap,
  removingCreatesNothing,
  tablesFirst,
} from './shared.mjs';

/** What DynamoDB Local refuses the whole request for, while it carries out an action. */
const CARRYING_OUT = [
  'The provided expression refers to an attribute that does not exist',
  'The document path provided in the update expression is invalid',
  'An operand in the update expression has an incorrect data type',
  'Type mismatch for attribute to update',
  'The number of conditions on the keys is invalid',
  'One of the required keys was not given a value',
  'Invalid attribute value type',
  'The update expression attempted to update a secondary index key',
];

export default [
  removingCreatesNothing,
  equalIndexKeys,
  {
    fact: 'what an action of a transaction does not fit is a reason to cancel, and the others read None',
    is: (_, ours, theirs) =>
      rejects(ours) && (theirs.error === ours.error || CARRYING_OUT.some((text) => refuses(theirs, text))),
  },
  {
    fact: 'a transaction names an item once, whatever its conditions are',
    is: (_, ours, theirs) => theirs.error && refuses(ours, 'cannot include multiple operations on one item'),
  },
  tablesFirst,
  {
    fact: 'expressions are read before tables are looked up',
    is: (_, ours, theirs) =>
      ours.error === 'ValidationException' && theirs.error === 'ResourceNotFoundException',
  },
  fullPages,
  {
    fact: 'a key of an index keeps its type',
    is: (_, ours, theirs) => !theirs.error && refuses(ours, 'Type mismatch for Index Key'),
  },
  listsReached,
  {
    fact: 'a transaction calls an INSERT that finds its key DuplicateItem',
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
    is: ({ operation }, ours, theirs) =>
      operation === 'ExecuteStatement' &&
      !theirs.error &&
      refuses(ours, 'does not project one or more filter attributes'),
  },
  rangesDoNotOverlap,
  {
    fact: 'no statement fails for another reason than itself (DynamoDB Local: InternalFailure)',
    is: ({ operation }, ours, theirs) =>
      operation === 'ExecuteStatement' &&
      theirs.error === 'InternalFailure' &&
      (!ours.error || ours.error === 'ValidationException'),
  },
  {
    fact: 'a partition that a statement names twice is read once',
    is: ({ input }, ours, theirs) =>
      / IN \(('\w+'), \1\)| (\w+ = '\w+').* OR \2/.test(input.Statement) &&
      !ours.error &&
      theirs.body.Items?.length > ours.body.Items.length,
  },
  {
    fact: 'what does not pin a partition key filters, by values of any type',
    is: ({ operation }, ours, theirs) =>
      operation === 'ExecuteStatement' &&
      !ours.error &&
      refuses(theirs, 'parameter type does not match schema type'),
  },
  {
    fact: 'entries of an index with equal keys are in no promised order, for a statement neither',
    is: ({ operation, input }, ours, theirs) =>
      operation === 'ExecuteStatement' &&
      /"(local|global)"/.test(input.Statement) &&
      !ours.error &&
      !theirs.error &&
      sameItems(ours.body.Items, theirs.body.Items),
  },
  {
    fact: 'all statements of a transaction are read before any is carried out',
    is: ({ operation }, ours, theirs) =>
      operation === 'ExecuteTransaction' && ours.error === 'ValidationException' && rejects(theirs),
  },
  allBounds,
  {
    fact: 'a batch names the table of a statement that ran; none runs that reaches into a key, or is not well formed',
    is: ({ operation }, ours, theirs) =>
      operation === 'BatchExecuteStatement' &&
      !ours.error &&
      !theirs.error &&
      ours.body.Responses.every((one, at) => sameBut(one, theirs.body.Responses[at])),
  },
  {
    fact: 'a page begins where ORDER BY does (DynamoDB Local turns a page around once it is cut)',
    is: ({ input }, ours, theirs) =>
      / ORDER BY \w+ DESC$/.test(input.Statement) &&
      input.Limit !== undefined &&
      !ours.error &&
      !theirs.error,
  },
  {
    fact: 'a batch that is refused has run nothing',
    is: ({ operation }, ours, theirs) =>
      operation === 'BatchExecuteStatement' &&
      [ours, theirs].every((answer) => refuses(answer, 'Provided list of item keys contains duplicates')),
  },
  noPathIntoKeys,
];

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
