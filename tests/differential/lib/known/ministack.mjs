// What decides where ministack answers otherwise.

import { binaryParts, sizeOfNothing } from './conditions.mjs';
import { refuses } from './seen.mjs';
import {
  indexKeysLast,
  localIndexReadsTable,
  noneBesideMisfits,
  noPathIntoKeys,
  projectedFilters,
  readBeforeRun,
  removingCreatesNothing,
  unchecked,
} from './shared.mjs';

export default [
  removingCreatesNothing,
  readBeforeRun,
  noPathIntoKeys,
  noneBesideMisfits,
  projectedFilters,
  localIndexReadsTable,
  indexKeysLast,
  binaryParts,
  sizeOfNothing,
  ...unchecked([
    'The document path provided in the update expression is invalid',
    'An operand in the update expression has an incorrect data type',
    'The provided key element does not match the schema',
    'Filter Expression can only contain non-primary key attributes',
    'One or more parameter values were invalid: Missing the key',
    'One or more parameter values were invalid: Type mismatch for key',
  ]),
  {
    fact: 'begins_with is false of what is stored in another type (DynamoDB Local agrees)',
    is: (_, ours, theirs) =>
      refuses(theirs, 'operator or function: begins_with, operand type') &&
      !refuses(ours, 'operator or function: begins_with, operand type'),
  },
];
