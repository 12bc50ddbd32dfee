/** One table: what it is, reading from it, and changing its items. */

import type { AttributeMap, Database, TableDescription } from 'dynatab';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { readPage, type Page } from '../data/read.js';
import { blankReading, requestFor, type ReadRequest, type Reading } from '../data/request.js';
import { indexesOf, keyNames, keyOf } from '../data/schema.js';
import { download, exportTable } from '../data/export.js';
import { deleteTable } from '../database.js';
import { Confirm, ErrorText, useAttempt } from './dialog.js';
import { bytes, counted } from './format.js';
import { ItemDialog } from './item-dialog.js';
import { ReadForm } from './read-form.js';
import { Results } from './results.js';

interface Run {
  mode: Reading['mode'];
  request: ReadRequest;
}

interface Props {
  db: Database;
  table: TableDescription;
  version: number;
  refresh: () => Promise<void>;
  deleted: () => Promise<void>;
  /** Takes a request to the console. */
  openCall: (call: { operation: string; input: Record<string, unknown> }) => void;
  /** What the table's design was made for. */
  patterns: ComponentChildren;
}

export function TableView({ db, table, version, refresh, deleted, openCall, patterns }: Props) {
  const client = db.client();
  const name = table.TableName ?? '';
  const [reading, setReading] = useState(blankReading);
  const [run, setRun] = useState<Run>();
  /** Where the pages seen so far start; the last one is shown. */
  const [starts, setStarts] = useState<(AttributeMap | undefined)[]>([undefined]);
  const [page, setPage] = useState<Page>();
  const [editing, setEditing] = useState<AttributeMap | 'new'>();
  const [deleting, setDeleting] = useState(false);
  const [message, setMessage] = useState('');
  const { busy, error, attempt } = useAttempt();
  const latest = useRef(0);

  const show = (next: Run, pages: (AttributeMap | undefined)[]) => {
    const turn = ++latest.current;
    return attempt(async () => {
      const found = await readPage(client, next.mode, next.request, pages.at(-1));
      if (turn !== latest.current) return;
      setRun(next);
      setStarts(pages);
      setPage(found);
    });
  };
  const start = (chosen: Reading) => {
    setMessage('');
    void attempt(async () => {
      const request = requestFor(table, chosen);
      await show({ mode: chosen.mode, request }, [undefined]);
    });
  };
  useEffect(() => start(blankReading()), []);
  useEffect(() => {
    if (run) void show(run, starts);
  }, [version]);

  const changed = async (done: string) => {
    setMessage(done);
    await refresh();
    if (run) await show(run, starts);
  };

  const exportItems = () =>
    attempt(async () => {
      const { blob, count } = await exportTable(client, name);
      download(blob, `${name}.jsonl`);
      setMessage(`${counted(count, 'item')} exported as DynamoDB JSON, one a line.`);
    });

  const samples = page?.items ?? [];
  return (
    <>
      <section class="card table-head" aria-label={`Table ${name}`}>
        <div>
          <h1>{name}</h1>
          <p class="faint">
            Key{' '}
            {keyNames(table).map((key) => (
              <code key={key}>{key}</code>
            ))}
            {indexesOf(table).map(({ IndexName: index }) => (
              <span key={index}>
                {' '}
                · {index}{' '}
                {keyNames(table, index).map((key) => (
                  <code key={key}>{key}</code>
                ))}
              </span>
            ))}
          </p>
          <p class="faint">
            {counted(table.ItemCount ?? 0, 'item')}, {bytes(table.TableSizeBytes ?? 0)}
          </p>
          <details class="describe">
            <summary class="faint">Description</summary>
            <pre tabIndex={0} aria-label="Description in JSON">
              {JSON.stringify(table, null, 2)}
            </pre>
          </details>
        </div>
        <div class="actions">
          <button onClick={() => setEditing('new')}>Add item</button>
          <button onClick={() => void exportItems()} disabled={busy}>
            Export
          </button>
          <button class="quiet danger" onClick={() => setDeleting(true)}>
            Delete table
          </button>
        </div>
      </section>

      {patterns}
      <ReadForm
        table={table}
        reading={reading}
        change={setReading}
        samples={samples}
        submit={() => start(reading)}
      />
      <ErrorText error={error} />
      <p class="done" role="status">
        {message}
      </p>

      {page && run && (
        <Results
          table={table}
          page={page}
          request={run.request}
          mode={run.mode}
          openCall={openCall}
          number={starts.length}
          edit={(item) => setEditing(keyOf(table, item))}
          back={starts.length > 1 ? () => void show(run, starts.slice(0, -1)) : undefined}
          next={page.next ? () => void show(run, [...starts, page.next]) : undefined}
        />
      )}

      {editing && (
        <ItemDialog
          client={client}
          table={table}
          of={editing}
          changed={changed}
          close={() => setEditing(undefined)}
        />
      )}
      {deleting && (
        <Confirm
          title={`Delete ${name}?`}
          action="Delete table"
          close={() => setDeleting(false)}
          run={async () => {
            await deleteTable(client, name);
            await deleted();
          }}
        >
          <p>
            The table, its indexes and {counted(table.ItemCount ?? 0, 'item')} are deleted. This cannot be
            undone.
          </p>
        </Confirm>
      )}
    </>
  );
}
