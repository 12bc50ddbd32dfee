// What decides where moto answers otherwise.

import { changed } from '../normal.mjs';
import { binaryParts, equalToNothing } from './conditions.mjs';
import { codes, refuses, sortedText, updates } from './seen.mjs';
import {
  fullPages,
  localIndexReadsTable,
  noneBesideMisfits,
  noPathIntoKeys,
  projectedFilters,
  readBeforeRun,
  removingCreatesNothing,
  tablesFirst,
  unchecked,
} from './shared.mjs';

/** What moto says when it fails over a condition: of a missing attribute, mostly. */
const FAILURES = ['Bad Filter Expression', 'Invalid attribute name', 'Invalid filter expression'];

export default [
  {
    fact: 'a request that a server fails over is no answer (moto: HTTP 500, or an error of Python)',
    is: (_, ours, theirs) =>
      theirs.error === '500' ||
      codes(theirs).some((code) =>
        ['ValueError', 'TypeError', 'KeyError', 'AttributeError'].includes(code),
      ) ||
      FAILURES.some((text) => refuses(theirs, text)),
  },
  removingCreatesNothing,
  readBeforeRun,
  noPathIntoKeys,
  noneBesideMisfits,
  projectedFilters,
  localIndexReadsTable,
  fullPages,
  binaryParts,
  equalToNothing,
  tablesFirst,
  ...unchecked([
    'The document path provided in the update expression is invalid',
    'An operand in the update expression has an incorrect data type',
    'The provided expression refers to an attribute that does not exist',
    'The provided key element does not match the schema',
    'Filter Expression can only contain non-primary key attributes',
    'Type mismatch for Index Key',
    'Provided list of item keys contains duplicates',
    'cannot include multiple operations on one item',
    'The table does not have the specified index',
    'Cannot specify the ProjectionExpression when',
    'ALL_PROJECTED_ATTRIBUTES can be used only',
    'One or more parameter values were invalid: Missing the key',
  ]),
  {
    fact: 'what an action does not fit is a reason to cancel its transaction',
    is: (_, ours, theirs) =>
      codes(ours).includes('ValidationError') && theirs.error === 'ValidationException',
  },
  {
    fact: 'UPDATED_OLD and UPDATED_NEW show all that the update reached, changed or not, and no key',
    is: ({ input, states }, ours, theirs) =>
      /^UPDATED_/.test(input.ReturnValues) &&
      !ours.error &&
      !theirs.error &&
      changed(states).next().done &&
      Object.entries(theirs.body.Attributes ?? {}).every(
        ([name, value]) =>
          name in input.Key || sortedText({ value }) === sortedText({ value: ours.body.Attributes?.[name] }),
      ),
  },
  {
    fact: 'an update that fails changes nothing',
    is: ({ operation, states }, ours, theirs) =>
      operation === 'UpdateItem' &&
      ours.error === 'ValidationException' &&
      theirs.error === ours.error &&
      [...changed(states)].length === 1,
  },
  {
    fact: 'if_not_exists asks for nothing above its path (DynamoDB Local agrees)',
    is: (request, ours, theirs) =>
      updates(request).some(({ UpdateExpression }) => /if_not_exists\(\w+[.[]/.test(UpdateExpression)) &&
      refuses(theirs, 'document path') &&
      !refuses(ours, 'document path'),
  },
];
