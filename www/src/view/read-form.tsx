/** The form that says what to read: table or index, key condition, filters, order and page size. */

import type { AttributeMap, TableDescription } from 'dynatab';
import { useId } from 'preact/hooks';
import {
  blankReading,
  FILTER_OPERATORS,
  SORT_OPERATORS,
  type Filter,
  type Operator,
  type Reading,
  type ValueType,
} from '../data/request.js';
import { indexesOf, keyNames, keysOf, TYPE_WORDS } from '../data/schema.js';
import { parts } from '../data/values.js';
import { Operators, Segments, TestFields } from './fields.js';

const VALUE_TYPES: Record<ValueType, string> = { ...TYPE_WORDS, BOOL: 'boolean' };

interface Props {
  table: TableDescription;
  reading: Reading;
  change: (reading: Reading) => void;
  /** Items on the screen: their attributes are offered, with their types. */
  samples: AttributeMap[];
  submit: () => void;
}

export function ReadForm({ table, reading, change, samples, submit }: Props) {
  const set = (part: Partial<Reading>) => change({ ...reading, ...part });
  const keys = keysOf(table, reading.index);
  const attributes = useId();
  const names = new Set(samples.flatMap((item) => Object.keys(item)));

  const setFilter = (at: number, part: Partial<Filter>) =>
    set({
      filters: reading.filters.map((filter, place) => (place === at ? { ...filter, ...part } : filter)),
    });
  const addFilter = () =>
    set({ filters: [...reading.filters, { attribute: '', type: 'S', operator: '=', value: '', upper: '' }] });

  return (
    <form
      class="card read"
      aria-label="Read"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div class="row">
        <Segments
          label="Operation"
          value={reading.mode}
          options={{ scan: 'Scan', query: 'Query' }}
          change={(mode) => set({ mode })}
        />
        <label class="field grow">
          From
          <select
            value={reading.index ?? ''}
            onInput={(event) =>
              set({ index: event.currentTarget.value || undefined, partition: '', sort: undefined })
            }
          >
            <option value="">Table: {keyNames(table).join(', ')}</option>
            {indexesOf(table).map(({ IndexName: index }) => (
              <option key={index} value={index}>
                Index {index}: {keyNames(table, index).join(', ')}
              </option>
            ))}
          </select>
        </label>
      </div>

      {reading.mode === 'query' && (
        <div class="row">
          <label class="field grow">
            {keys.partition.name} ({TYPE_WORDS[keys.partition.type]})
            <input
              required
              value={reading.partition}
              onInput={(event) => set({ partition: event.currentTarget.value })}
            />
          </label>
          {keys.sort && (
            <>
              <label class="field">
                {keys.sort.name} ({TYPE_WORDS[keys.sort.type]})
                <Operators
                  of={
                    keys.sort.type === 'N'
                      ? SORT_OPERATORS.filter((one) => one !== 'begins_with')
                      : SORT_OPERATORS
                  }
                  none="any"
                  value={reading.sort?.operator}
                  change={(operator) =>
                    set({ sort: operator && { value: '', upper: '', ...reading.sort, operator } })
                  }
                />
              </label>
              {reading.sort && (
                <TestFields
                  label={keys.sort.name}
                  test={reading.sort}
                  change={(part) => set({ sort: { ...reading.sort!, ...part } })}
                />
              )}
              <label class="field">
                Order
                <select
                  value={reading.descending ? 'down' : 'up'}
                  onInput={(event) => set({ descending: event.currentTarget.value === 'down' })}
                >
                  <option value="up">ascending</option>
                  <option value="down">descending</option>
                </select>
              </label>
            </>
          )}
        </div>
      )}

      {reading.filters.map((filter, at) => (
        <div class="row filter" key={at}>
          <label class="field grow">
            Filter attribute
            <input
              list={attributes}
              required
              value={filter.attribute}
              onInput={(event) => {
                const attribute = event.currentTarget.value;
                setFilter(at, { attribute, ...guess(attribute, samples) });
              }}
            />
          </label>
          <label class="field">
            Comparison
            <Operators
              of={FILTER_OPERATORS}
              value={filter.operator}
              change={(operator) => setFilter(at, { operator: operator as Operator })}
            />
          </label>
          {!['exists', 'missing'].includes(filter.operator) && (
            <>
              <label class="field">
                Type
                <select
                  value={filter.type}
                  onInput={(event) => setFilter(at, { type: event.currentTarget.value as ValueType })}
                >
                  {Object.entries(VALUE_TYPES).map(([type, word]) => (
                    <option key={type} value={type}>
                      {word}
                    </option>
                  ))}
                </select>
              </label>
              <TestFields label={`filter ${at + 1}`} test={filter} change={(part) => setFilter(at, part)} />
            </>
          )}
          <button
            type="button"
            class="quiet icon"
            aria-label={`Remove filter ${at + 1}`}
            onClick={() => set({ filters: reading.filters.filter((_, place) => place !== at) })}
          >
            ✕
          </button>
        </div>
      ))}
      <datalist id={attributes}>
        {[...names].map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>

      <div class="row end">
        <button type="button" class="quiet" onClick={addFilter}>
          + Add a filter
        </button>
        <span class="grow" />
        <label class="inline">
          Page size
          <select
            value={String(reading.limit)}
            onInput={(event) => set({ limit: Number(event.currentTarget.value) })}
          >
            {[25, 50, 100, 250, 1000, 10000].map((size) => (
              <option key={size}>{size}</option>
            ))}
          </select>
        </label>
        <button type="button" onClick={() => change(blankReading())}>
          Reset
        </button>
        <button type="submit" class="primary">
          Run
        </button>
      </div>
    </form>
  );
}

/** The type of an attribute, judged by the items on the screen. */
function guess(attribute: string, samples: AttributeMap[]): { type?: ValueType } {
  const found = samples.find((item) => Object.hasOwn(item, attribute))?.[attribute];
  const type = found && parts(found)[0];
  return type && type in VALUE_TYPES ? { type: type as ValueType } : {};
}
