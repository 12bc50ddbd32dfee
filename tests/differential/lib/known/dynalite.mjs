// What decides where dynalite answers otherwise.

import { refuses } from './seen.mjs';
import {
  equalIndexKeys,
  localIndexReadsTable,
  noPathIntoKeys,
  projectedFilters,
  removingCreatesNothing,
} from './shared.mjs';

export default [
  removingCreatesNothing,
  equalIndexKeys,
  {
    fact: 'keys of an index are looked at once the condition holds and the update is carried out',
    is: ({ operation }, ours, theirs) =>
      operation === 'UpdateItem' &&
      refuses(theirs, 'Type mismatch for Index Key') &&
      (!ours.error || ours.error === 'ConditionalCheckFailedException'),
  },
  noPathIntoKeys,
  {
    fact: 'only what is ordered is compared by order (DynamoDB Local agrees)',
    is: (_, ours) => refuses(ours, 'Incorrect operand type for operator or function'),
  },
  projectedFilters,
  localIndexReadsTable,
  {
    fact: 'Select fits what else is asked for (DynamoDB Local agrees)',
    is: (_, ours, theirs) =>
      !theirs.error &&
      ['ALL_PROJECTED_ATTRIBUTES can be used only', 'Cannot specify the ProjectionExpression'].some((text) =>
        refuses(ours, text),
      ),
  },
  {
    fact: 'keys of an index are not empty (DynamoDB Local agrees)',
    is: (_, ours, theirs) => !theirs.error && refuses(ours, 'cannot contain an empty string value'),
  },
  {
    fact: 'ReturnValuesOnConditionCheckFailure (DynamoDB Local agrees)',
    is: ({ input }, ours, theirs) =>
      input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' &&
      ours.error === 'ConditionalCheckFailedException' &&
      theirs.error === ours.error,
  },
  {
    fact: 'false, null and what is empty are there (DynamoDB Local agrees)',
    is: ({ input }, ours, theirs) =>
      (/attribute_type|contains/.test(input.ConditionExpression ?? input.FilterExpression) ||
        /"[LM]":(\[\]|\{\})/.test(JSON.stringify(input.ExpressionAttributeValues))) &&
      [ours, theirs].every(({ error }) => !error || error === 'ConditionalCheckFailedException'),
  },
  {
    fact: 'NOT may be repeated (DynamoDB Local agrees)',
    is: ({ input }, ours, theirs) =>
      /NOT NOT/.test(input.ConditionExpression ?? input.FilterExpression) && refuses(theirs, 'Syntax error'),
  },
];
