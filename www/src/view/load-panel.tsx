/** Loading data: the datasets of the page, and files that the user picks or drops. */

import type { Database, TableDescription } from 'dynatab';
import { useEffect, useRef, useState } from 'preact/hooks';
import { DATASETS, type Dataset } from '../data/datasets.js';
import { loadRows, type Progress } from '../data/load.js';
import type { Failure, Row } from '../data/rows.js';
import { createTable } from '../database.js';
import { ErrorText, useAttempt } from './dialog.js';
import { counted, integer, milliseconds } from './format.js';
import { ImportDialog, type Import } from './import-dialog.js';

interface Load {
  table: string;
  progress: Progress;
  done: boolean;
  stop: () => void;
}

export function LoadPanel(props: {
  db: Database;
  tables: TableDescription[];
  changed: (table?: string) => Promise<void>;
}) {
  const [load, setLoad] = useState<Load>();
  const [file, setFile] = useState<File>();
  const { busy, error, attempt } = useAttempt();
  const dragging = useDrop(setFile);
  const picker = useRef<HTMLInputElement>(null);

  const run = async (table: string, rows: Row[], unread: Failure[]) => {
    const stopping = new AbortController();
    const stop = () => stopping.abort();
    const report = (progress: Progress, done = false) =>
      setLoad({ table, progress: { ...progress, failures: [...unread, ...progress.failures] }, done, stop });
    report({ total: rows.length, written: 0, failures: [], milliseconds: 0 });
    const result = await loadRows(props.db, table, rows, report, stopping.signal);
    report(result, true);
    await props.changed(table);
  };

  const loadDataset = (dataset: Dataset) =>
    attempt(async () => {
      const { TableName: table } = dataset.table;
      const response = await fetch(dataset.file);
      if (!response.ok) throw new Error(`${dataset.file}: ${response.status} ${response.statusText}`);
      const rows = dataset.rows(await response.text());
      if (!props.tables.some((one) => one.TableName === table))
        await createTable(props.db.client(), dataset.table);
      await run(table, rows, []);
    });

  const loadFile = (chosen: Import) => {
    setFile(undefined);
    void attempt(async () => {
      if (chosen.create) await createTable(props.db.client(), chosen.create);
      await run(chosen.table, chosen.rows, chosen.failures);
    });
  };

  return (
    <section class="card load" aria-label="Load data">
      <header>
        <h2>Load data</h2>
      </header>
      {DATASETS.map((dataset) => (
        <div class="dataset" key={dataset.title}>
          <div>
            <b>{dataset.title}</b>
            <p class="faint">{dataset.about}</p>
          </div>
          <button
            disabled={busy}
            aria-label={`Load ${dataset.title}`}
            onClick={() => void loadDataset(dataset)}
          >
            Load
          </button>
        </div>
      ))}
      <div class={dragging ? 'drop over' : 'drop'}>
        <button disabled={busy} onClick={() => picker.current?.click()}>
          Choose a file
        </button>
        <span class="faint">or drop one here: JSON lines or CSV</span>
        <input
          ref={picker}
          type="file"
          accept=".jsonl,.ndjson,.json,.txt,.csv"
          aria-label="File of JSON lines or CSV"
          hidden
          onChange={(event) => {
            setFile(event.currentTarget.files?.[0]);
            event.currentTarget.value = '';
          }}
        />
      </div>
      {load && <Report load={load} />}
      <ErrorText error={error} />
      {file && (
        <ImportDialog file={file} tables={props.tables} load={loadFile} close={() => setFile(undefined)} />
      )}
    </section>
  );
}

function Report({ load: { table, progress, done, stop } }: { load: Load }) {
  const { total, written, failures, milliseconds: time } = progress;
  const rate = time > 0 ? ` · ${integer(Math.round((written / time) * 1000))} items/s` : '';
  const stopped = done && written + failures.length < total;
  return (
    <div class="report" data-done={done}>
      <label>
        <span>
          {stopped ? 'Stopped loading' : done ? 'Loaded' : 'Loading'} <b>{table}</b>
        </span>
        <progress max={Math.max(total, 1)} value={total === 0 ? 1 : written + failures.length} />
      </label>
      {!done && (
        <button class="quiet" onClick={stop}>
          Stop
        </button>
      )}
      <p class="faint" role="status">
        {integer(written)} of {counted(total, 'item')} · {milliseconds(time)}
        {rate}
      </p>
      {failures.length > 0 && (
        <details class="failures" open={done}>
          <summary>{counted(failures.length, 'line')} failed</summary>
          <ol>
            {failures.slice(0, 100).map(({ line, message }) => (
              <li key={line}>
                <b>Line {line}</b> {message}
              </li>
            ))}
          </ol>
          {failures.length > 100 && <p class="faint">and {integer(failures.length - 100)} more</p>}
        </details>
      )}
    </div>
  );
}

/** Takes files dropped anywhere on the page; says whether one hovers over it. */
function useDrop(take: (file: File | undefined) => void): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const hasFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const drag = (event: DragEvent) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (!event.relatedTarget) setOver(false);
    };
    const drop = (event: DragEvent) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      setOver(false);
      take(event.dataTransfer?.files[0]);
    };
    addEventListener('dragover', drag);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', drag);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, [take]);
  return over;
}
