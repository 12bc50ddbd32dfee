/** The form that says what to read: table or index, key condition, filters, order and page size. */

import type { AttributeMap, TableDescription } from 'dynatab';
import { useId, useState } from 'preact/hooks';
import {
  blankReading,
  jsonRequest,
  requestFor,
  SORT_OPERATORS,
  type Filter,
  type Reading,
} from '../data/request.js';
import { indexesOf, keyNames, keysOf, TYPE_WORDS } from '../data/schema.js';
import { Code } from './code.js';
import { Operators, Segments, TestFields } from './fields.js';
import { FilterRow } from './filter-row.js';

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
  const global = table.GlobalSecondaryIndexes?.some(({ IndexName: name }) => name === reading.index) ?? false;
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
              set({
                index: event.currentTarget.value || undefined,
                partition: '',
                sort: undefined,
                consistent: false,
              })
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
        <FilterRow
          key={at}
          filter={filter}
          number={at + 1}
          attributes={attributes}
          samples={samples}
          change={(part) => setFilter(at, part)}
          remove={() => set({ filters: reading.filters.filter((_, place) => place !== at) })}
        />
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
        {reading.mode === 'scan' && <Share of={reading.segment} change={(segment) => set({ segment })} />}
        <label class="inline">
          <input
            type="checkbox"
            checked={reading.consistent}
            disabled={global}
            onInput={(event) => set({ consistent: event.currentTarget.checked })}
          />
          Consistent
        </label>
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
      <Preview table={table} reading={reading} />
    </form>
  );
}

/** A share of a scan: the whole, or one of several segments that workers would read side by side. */
function Share(props: { of: Reading['segment']; change: (segment: Reading['segment']) => void }) {
  const { of: segment, change } = props;
  return (
    <>
      <label class="inline">
        Segments
        <input
          type="number"
          min={1}
          max={1_000_000}
          value={segment?.of ?? 1}
          onInput={(event) => {
            const of = Math.trunc(event.currentTarget.valueAsNumber);
            change(of > 1 ? { of, number: Math.min(segment?.number ?? 0, of - 1) } : undefined);
          }}
        />
      </label>
      {segment && (
        <label class="inline">
          reading
          <input
            type="number"
            aria-label="Segment to read, from 0"
            min={0}
            max={segment.of - 1}
            value={segment.number}
            onInput={(event) =>
              change({ ...segment, number: Math.trunc(event.currentTarget.valueAsNumber) || 0 })
            }
          />
        </label>
      )}
    </>
  );
}

/** The request that the form makes, as it is written. */
function Preview({ table, reading }: { table: TableDescription; reading: Reading }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="request" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="faint">The request as it stands</summary>
      {open && <Request table={table} reading={reading} />}
    </details>
  );
}

function Request({ table, reading }: { table: TableDescription; reading: Reading }) {
  try {
    const operation = reading.mode === 'query' ? 'Query' : 'Scan';
    return <Code operation={operation} input={jsonRequest(requestFor(table, reading))} />;
  } catch (error) {
    // A value that cannot be read yet.
    return <p class="faint">{(error as Error).message}</p>;
  }
}
