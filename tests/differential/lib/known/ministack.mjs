// What decides where ministack answers otherwise.

import { refuses } from './seen.mjs';
import {
  binaryParts,
  localIndexReadsTable,
  noneBesideMisfits,
  noPathIntoKeys,
  projectedFilters,
  readBeforeRun,
  removingCreatesNothing,
  sizeOfNothing,
  unchecked,
} from './shared.mjs';

export default [
  removingCreatesNothing,
  readBeforeRun,
  noPathIntoKeys,
  noneBesideMisfits,
  projectedFilters,
  localIndexReadsTable,
  binaryParts,
  sizeOfNothing,
  ...unchecked([
    'The document path provided in the update expression is invalid',
    'An operand in the update expression has an incorrect data type',
    'The provided key element does not match the schema',
    'Filter Expression can only contain non-primary key attributes',
  ]),
  {
    fact: 'begins_with is false of what is stored in another type (DynamoDB Local agrees)',
    is: (_, ours, theirs) =>
      refuses(theirs, 'operator or function: begins_with, operand type') &&
      !refuses(ours, 'operator or function: begins_with, operand type'),
  },
];
