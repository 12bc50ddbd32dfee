// What decides where dynoxide answers otherwise.

import { changed } from '../normal.mjs';
import { codes, refuses, sortedText, statements } from './seen.mjs';
import {
  allBounds,
  IN_KEYS,
  listsReached,
  localIndexReadsTable,
  noneBesideMisfits,
  noPathIntoKeys,
  projectedFilters,
  rangesDoNotOverlap,
  readBeforeRun,
  removingCreatesNothing,
  STATIC,
} from './shared.mjs';

const MALFORMED = "Statement wasn't well formed";

/** An element of a list stands where dynoxide reads attributes only: as an operand, or in a function. */
const namesElement = (statement) => /[(,=] ?\w+\[\d\]/.test(statement);

/** One partition is pinned, once, and what else is asked for has alternatives, which dynoxide takes for several. */
const onePartition = (statement = '') =>
  statement.split(/ WHERE (?:pk|a) = '\w+' AND /)[1]?.match(/ (OR|NOT) |\bIN\b|BETWEEN/) &&
  !/ OR (pk|a) = /.test(statement);

const isStatic = ({ Message }) => [...STATIC, IN_KEYS].some((text) => Message.includes(text));

/** Answers to one statement of a batch that are equal apart from the table of one that failed. */
function sameOutcome(one, other, { Statement }) {
  if (one.Error && isStatic(one.Error)) return true;
  if (namesElement(Statement) && other.Error?.Message.startsWith(MALFORMED)) return true;
  const seen = ({ Item, Error, TableName }) =>
    JSON.stringify([Item && sortedText(Item), Error?.Code, Error ? undefined : TableName]);
  return seen(one) === seen(other);
}

const OF_TRANSACTIONS = [
  {
    fact: 'that an item is named twice comes before a key that does not fit',
    is: ({ operation }, ours, theirs) =>
      operation === 'TransactGetItems' &&
      refuses(ours, 'cannot include multiple operations on one item') &&
      refuses(theirs, 'The provided key element does not match the schema'),
  },
  {
    fact: 'a table that is not there refuses a transaction, as no reason (DynamoDB Local agrees)',
    is: (_, ours, theirs) =>
      ours.error === 'ResourceNotFoundException' && codes(theirs).includes('ResourceNotFound'),
  },
  {
    fact: 'the tables of statements are looked up before their items are compared (DynamoDB Local agrees)',
    is: ({ operation }, ours, theirs) =>
      operation === 'ExecuteTransaction' &&
      ours.error === 'ResourceNotFoundException' &&
      refuses(theirs, 'cannot include multiple operations on one item'),
  },
  {
    fact: 'a key that is empty refuses a transaction, as no reason (DynamoDB Local agrees)',
    is: (_, ours, theirs) =>
      ours.error === 'ValidationException' &&
      theirs.error === 'TransactionCanceledException' &&
      ['cannot contain an empty string value', 'cannot contain an empty binary value'].some(
        (text) => refuses(ours, text) && refuses(theirs, text),
      ),
  },
  {
    fact: 'a DELETE of an item that is not there succeeds, whatever its condition (DynamoDB Local agrees)',
    is: ({ operation, input }, ours, theirs) =>
      operation === 'ExecuteTransaction' &&
      ours.error === 'TransactionCanceledException' &&
      theirs.error === ours.error &&
      codes(ours).every(
        (code, at) =>
          code === codes(theirs)[at] ||
          (code === 'None' &&
            codes(theirs)[at] === 'ConditionalCheckFailed' &&
            input.TransactStatements[at].Statement.startsWith('DELETE')),
      ),
  },
];

const OF_BATCHES = [
  {
    fact: 'a batch names the table of a statement that ran, and runs none that is wrong by what it says',
    is: ({ operation, input }, ours, theirs) =>
      operation === 'BatchExecuteStatement' &&
      !ours.error &&
      !theirs.error &&
      ours.body.Responses.every((one, at) =>
        sameOutcome(one, theirs.body.Responses[at], input.Statements[at]),
      ),
  },
  {
    fact: 'a statement of a batch that is refused by itself names no item (DynamoDB Local agrees)',
    is: (_, ours, theirs) =>
      refuses(theirs, 'Provided list of item keys contains duplicates') &&
      !ours.error &&
      ours.body.Responses.some(
        ({ Error }) => Error && (isStatic(Error) || Error.Message.includes('must specify the primary key')),
      ),
  },
  {
    fact: 'what is no read by what it lacks is still a statement that reads or writes (DynamoDB Local agrees)',
    is: ({ operation }, ours, theirs) =>
      operation === 'BatchExecuteStatement' &&
      refuses(ours, 'Read and write requests together') &&
      !theirs.error &&
      theirs.body.Responses.some(({ Error }) => Error?.Code === 'ValidationError'),
  },
];

const OF_STATEMENTS = [
  {
    fact: 'the same range twice is one range (DynamoDB Local agrees)',
    is: ({ input }, ours, theirs) =>
      (/ IN \((\S+), \1\)/.test(input.Statement) ||
        / (pk|a) = ('\w+').* OR \1 = \2/.test(input.Statement) ||
        onePartition(input.Statement)) &&
      !ours.error &&
      refuses(theirs, 'Overlapping conditions with range keys'),
  },
  {
    fact: 'one partition is ordered by its sort key, whatever else is asked for (DynamoDB Local agrees)',
    is: ({ input }, ours, theirs) =>
      onePartition(input.Statement) &&
      !ours.error &&
      refuses(theirs, 'Must have hash key in ORDER BY clause'),
  },
  {
    fact: 'one partition is read, whatever else is asked for (DynamoDB Local agrees)',
    is: ({ input }, ours, theirs) =>
      input.Limit !== undefined && onePartition(input.Statement) && !ours.error && !theirs.error,
  },
  {
    fact: 'an operand of a function may be a path (DynamoDB Local agrees)',
    is: ({ operation, input }, ours, theirs) =>
      operation === 'ExecuteStatement' &&
      /(contains|begins_with)\(\S+, [a-z]/.test(input.Statement) &&
      [ours, theirs].every(({ error }) => !error || error === 'ConditionalCheckFailedException'),
  },
  {
    fact: 'a statement may name an element of a list wherever it may name an attribute (DynamoDB Local agrees)',
    is: ({ input }, ours, theirs) =>
      statements(input).some(({ Statement }) => namesElement(Statement)) &&
      refuses(theirs, MALFORMED) &&
      !refuses(ours, MALFORMED),
  },
];

export default [
  removingCreatesNothing,
  readBeforeRun,
  noPathIntoKeys,
  noneBesideMisfits,
  projectedFilters,
  localIndexReadsTable,
  listsReached,
  allBounds,
  rangesDoNotOverlap,
  {
    fact: 'a write answers with what was there, and nothing was',
    is: ({ input, states }, ours, theirs) =>
      input.ReturnValues === 'ALL_OLD' &&
      !ours.error &&
      ours.body.Attributes === undefined &&
      theirs.body.Attributes !== undefined &&
      sortedText(theirs.body.Attributes) === sortedText(input.Key) &&
      changed(states).next().done,
  },
  ...OF_TRANSACTIONS,
  ...OF_BATCHES,
  ...OF_STATEMENTS,
];
