/** One page of items. */

import type { AttributeMap, AttributeValue, TableDescription } from 'dynatab';
import { useMemo, useRef } from 'preact/hooks';
import type { Page } from '../data/read.js';
import { jsonRequest, type ReadRequest, type Reading } from '../data/request.js';
import { keyNames } from '../data/schema.js';
import { parts, show } from '../data/values.js';
import { Code } from './code.js';
import { counted, integer, milliseconds } from './format.js';
import { useVirtualRows } from './virtual-rows.js';

interface Props {
  table: TableDescription;
  page: Page;
  request: ReadRequest;
  mode: Reading['mode'];
  /** Of the page, from 1. */
  number: number;
  openCall: (call: { operation: string; input: Record<string, unknown> }) => void;
  edit: (item: AttributeMap) => void;
  back: (() => void) | undefined;
  next: (() => void) | undefined;
}

export function Results(props: Props) {
  const { page, request } = props;
  const scroll = useRef<HTMLDivElement>(null);
  const rows = useVirtualRows(scroll, page.items.length);
  const columns = useMemo(() => columnsOf(props), [page]);
  const operation = props.mode === 'query' ? 'Query' : 'Scan';
  return (
    <section class="card results" aria-label="Items">
      <header>
        <p class="summary" role="status">
          <b>{counted(page.items.length, 'item')}</b>
          <span>{integer(page.scanned)} read</span>
          <span data-units={page.units}>{counted(Math.round(page.units * 10) / 10, 'capacity unit')}</span>
          <span>{milliseconds(page.milliseconds)}</span>
        </p>
        <Paging {...props} />
      </header>
      {page.items.length === 0 ? (
        <p class="empty faint">No items{request.FilterExpression ? ' match' : ''}.</p>
      ) : (
        <div class="scroll" ref={scroll} tabIndex={0} role="region" aria-label="Items of this page">
          <table aria-rowcount={page.items.length + 1}>
            <thead>
              <tr>
                {columns.map(({ name, numeric }) => (
                  <th key={name} scope="col" class={numeric ? 'number' : undefined}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.before > 0 && <Room height={rows.before} columns={columns.length} />}
              {rows.shown.map((row) => (
                <tr key={row} aria-rowindex={row + 2} onClick={() => props.edit(page.items[row]!)}>
                  {columns.map(({ name, numeric }, at) => (
                    <td key={name} class={numeric ? 'number' : undefined}>
                      {at === 0 ? (
                        <button class="cell">{text(page.items[row]!, name)}</button>
                      ) : (
                        <Cell value={page.items[row]![name]} />
                      )}
                    </td>
                  ))}
                </tr>
              ))}
              {rows.after > 0 && <Room height={rows.after} columns={columns.length} />}
            </tbody>
          </table>
        </div>
      )}
      <footer>
        <details>
          <summary>Request and code</summary>
          <Code operation={operation} input={jsonRequest(request)} />
          <button onClick={() => props.openCall({ operation, input: jsonRequest(request) })}>
            Open in the console
          </button>
        </details>
        {page.items.length > 12 && <Paging {...props} />}
      </footer>
    </section>
  );
}

/** Rows that are not in sight. */
function Room({ height, columns }: { height: number; columns: number }) {
  return (
    <tr class="room" aria-hidden>
      <td colSpan={columns} style={{ height: `${height}px` }} />
    </tr>
  );
}

function Paging({ back, next, number }: Props) {
  return (
    <div class="paging">
      <button onClick={back} disabled={!back} aria-label="Previous page">
        ←
      </button>
      <span>Page {number}</span>
      <button onClick={next} disabled={!next} aria-label="Next page">
        →
      </button>
    </div>
  );
}

const text = (item: AttributeMap, name: string) => {
  const value = item[name];
  return (value && show(value)) || '""';
};

function Cell({ value }: { value: AttributeValue | undefined }) {
  if (!value) return <span class="absent">–</span>;
  const line = show(value);
  return (
    <span class={`value ${parts(value)[0]}`} title={line.length > 30 ? line.slice(0, 1000) : undefined}>
      {line.slice(0, 200)}
    </span>
  );
}

/** Keys of the table and of the index first, then by how many items have the attribute. */
function columnsOf({ table, page, request }: Props): { name: string; numeric: boolean }[] {
  const seen = new Map<string, { count: number; numbers: number }>();
  for (const item of page.items) {
    for (const [name, value] of Object.entries(item)) {
      const entry = seen.get(name) ?? { count: 0, numbers: 0 };
      entry.count++;
      if (parts(value)[0] === 'N') entry.numbers++;
      seen.set(name, entry);
    }
  }
  const keys = new Set([
    ...keyNames(table),
    ...(request.IndexName ? keyNames(table, request.IndexName) : []),
  ]);
  const rest = [...seen.keys()].filter((name) => !keys.has(name));
  rest.sort((a, b) => seen.get(b)!.count - seen.get(a)!.count || (a < b ? -1 : 1));
  return [...keys, ...rest].slice(0, 40).map((name) => {
    const entry = seen.get(name);
    return { name, numeric: entry !== undefined && entry.numbers === entry.count };
  });
}
