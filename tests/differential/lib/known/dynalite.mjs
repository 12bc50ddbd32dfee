// What decides where dynalite answers otherwise.

import { refuses, sortedText, stored } from './seen.mjs';
import {
  equalIndexKeys,
  indexKeysLast,
  localIndexReadsTable,
  noPathIntoKeys,
  projectedFilters,
  removingCreatesNothing,
} from './shared.mjs';

const FAILED = 'ConditionalCheckFailedException';

/** Whether a condition is about an attribute that holds, or has in it, what is false, null or empty. */
const isHollow = (item, text) =>
  [...text.matchAll(/(?<![:\w.])\w+\b(?!\()/g)].some(
    ([name]) =>
      name in item && /"BOOL":false|"NULL":|"[SB]":""|"[LM]":(\[\]|\{\})/.test(JSON.stringify(item[name])),
  );

/** The items that only one of two answers has. */
function difference(ours = [], theirs = []) {
  const [mine, its] = [ours, theirs].map((items) => new Set(items.map(sortedText)));
  const only = (items, others) => items.filter((item) => !others.has(sortedText(item)));
  return [...only(ours, its), ...only(theirs, mine)];
}

export default [
  removingCreatesNothing,
  equalIndexKeys,
  indexKeysLast,
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
    is: ({ input, states }, ours, theirs) => {
      const text = input.ConditionExpression ?? input.FilterExpression;
      if (!text || ![ours, theirs].every(({ error }) => !error || error === FAILED)) return false;
      if (/"[LM]":(\[\]|\{\})/.test(JSON.stringify(input.ExpressionAttributeValues))) return true;
      // What the conditions differ over has such an attribute, where it is shown.
      const items = states.length
        ? states.flatMap((state) => stored(state, input.TableName, input.Key ?? input.Item) ?? [])
        : difference(ours.body.Items, theirs.body.Items);
      const hidden = input.Select === 'COUNT' || input.ProjectionExpression !== undefined;
      return items.some((item) => isHollow(item, text)) || hidden;
    },
  },
  {
    fact: 'NOT may be repeated (DynamoDB Local agrees)',
    is: ({ input }, ours, theirs) =>
      /NOT NOT/.test(input.ConditionExpression ?? input.FilterExpression) && refuses(theirs, 'Syntax error'),
  },
];
