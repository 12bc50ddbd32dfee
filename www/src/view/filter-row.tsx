/** One filter of the form: an attribute, a comparison and what to compare with. */

import type { AttributeMap } from 'dynatab';
import {
  FILTER_OPERATORS,
  takesType,
  takesValue,
  type Filter,
  type Operator,
  type ValueType,
} from '../data/request.js';
import { TYPE_WORDS } from '../data/schema.js';
import { parts } from '../data/values.js';
import { Operators, TestFields } from './fields.js';

const VALUE_TYPES: Record<ValueType, string> = { ...TYPE_WORDS, BOOL: 'boolean' };

export function FilterRow(props: {
  filter: Filter;
  /** From 1. */
  number: number;
  /** Id of the list of attributes to choose from. */
  attributes: string;
  samples: AttributeMap[];
  change: (part: Partial<Filter>) => void;
  remove: () => void;
}) {
  const { filter, number, attributes, samples, change, remove } = props;
  return (
    <div class="row filter">
      <label class="field grow">
        Filter attribute
        <input
          list={attributes}
          required
          value={filter.attribute}
          onInput={(event) => {
            const attribute = event.currentTarget.value;
            change({ attribute, ...guess(attribute, samples) });
          }}
        />
      </label>
      <label class="field">
        Comparison
        <Operators
          of={FILTER_OPERATORS}
          value={filter.operator}
          change={(operator) => change({ operator: operator as Operator })}
        />
      </label>
      {takesType(filter.operator) && (
        <label class="field">
          Type
          <select
            value={filter.type}
            onInput={(event) => change({ type: event.currentTarget.value as ValueType })}
          >
            {Object.entries(VALUE_TYPES).map(([type, word]) => (
              <option key={type} value={type}>
                {word}
              </option>
            ))}
          </select>
        </label>
      )}
      {takesValue(filter.operator) && <TestFields label={`filter ${number}`} test={filter} change={change} />}
      <button type="button" class="quiet icon" aria-label={`Remove filter ${number}`} onClick={remove}>
        ✕
      </button>
    </div>
  );
}

/** The type of an attribute, judged by the items on the screen. */
function guess(attribute: string, samples: AttributeMap[]): { type?: ValueType } {
  const found = samples.find((item) => Object.hasOwn(item, attribute))?.[attribute];
  const type = found && parts(found)[0];
  return type && type in VALUE_TYPES ? { type: type as ValueType } : {};
}
