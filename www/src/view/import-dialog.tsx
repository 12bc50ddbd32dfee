/** A file on its way into a table: what was read, and the table and keys it goes under. */

import type { CreateTableInput, TableDescription } from 'dynatab';
import { useEffect, useMemo, useState } from 'preact/hooks';
import {
  columnsOf,
  inferKeys,
  readCsvRows,
  readJsonRows,
  tableNameOf,
  type Failure,
  type Inferred,
  type Row,
  type Rows,
} from '../data/rows.js';
import { keyNames } from '../data/schema.js';
import { Dialog, useFocus } from './dialog.js';
import { counted } from './format.js';

export interface Import {
  table: string;
  /** The table to create first, when there is none of that name. */
  create: CreateTableInput | undefined;
  rows: Row[];
  /** Lines that could not be read. */
  failures: Failure[];
}

interface Props {
  file: File;
  tables: TableDescription[];
  load: (chosen: Import) => void;
  close: () => void;
}

export function ImportDialog(props: Props) {
  const [read, setRead] = useState<Rows & { keys: Inferred }>();
  useEffect(() => {
    void props.file.text().then((text) => {
      const found = /\.csv$/i.test(props.file.name) ? readCsvRows(text) : readJsonRows(text);
      setRead({ ...found, keys: inferKeys(found.rows) });
    });
  }, [props.file]);
  return (
    <Dialog title={`Load ${props.file.name}`} close={props.close}>
      {read ? <Form {...props} {...read} /> : <p class="content">Reading…</p>}
    </Dialog>
  );
}

function Form(props: Props & Rows & { keys: Inferred }) {
  const { rows, failures, keys } = props;
  const [table, setTable] = useState(() => tableNameOf(props.file.name));
  const [partition, setPartition] = useState(keys.partition);
  const [sort, setSort] = useState(keys.sort ?? '');
  const name = useFocus<HTMLInputElement>();
  const existing = props.tables.find((one) => one.TableName === table);
  const names = [...keys.candidates.keys()];
  const ready = rows.length > 0 && (existing || partition !== '');

  const submit = (event: Event) => {
    event.preventDefault();
    const used = [partition, ...(sort && sort !== partition ? [sort] : [])];
    const create: CreateTableInput = {
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: used.map((name) => ({
        AttributeName: name,
        AttributeType: keys.candidates.get(name),
      })),
      KeySchema: used.map((name, at) => ({ AttributeName: name, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
    };
    props.load({ table, create: existing ? undefined : create, rows, failures });
  };

  return (
    <form onSubmit={submit}>
      <div class="content">
        <p>
          {counted(rows.length, 'item')} read
          {failures.length > 0 && (
            <>; {counted(failures.length, 'line')} cannot be read and will be left out</>
          )}
          .
        </p>
        {failures.length > 0 && (
          <ul class="failures">
            {failures.slice(0, 5).map(({ line, message }) => (
              <li key={line}>
                <b>Line {line}</b> {message}
              </li>
            ))}
          </ul>
        )}
        {rows.length > 0 && <Preview rows={rows} />}
        <label class="field">
          Table name
          <input ref={name} value={table} required onInput={(event) => setTable(event.currentTarget.value)} />
        </label>
        {existing ? (
          <p class="faint">
            This table exists, with the key {keyNames(existing).join(' and ')}. Items of the same key are
            replaced.
          </p>
        ) : (
          <div class="pair">
            <label class="field">
              Partition key
              <select value={partition} onInput={(event) => setPartition(event.currentTarget.value)}>
                {names.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
            <label class="field">
              Sort key
              <select value={sort} onInput={(event) => setSort(event.currentTarget.value)}>
                <option value="">none</option>
                {names
                  .filter((name) => name !== partition)
                  .map((name) => (
                    <option key={name}>{name}</option>
                  ))}
              </select>
            </label>
          </div>
        )}
        {!existing && names.length === 0 && rows.length > 0 && (
          <p class="error">No attribute is text or a number in every item, so none can be the key.</p>
        )}
      </div>
      <footer>
        <button type="button" onClick={props.close}>
          Cancel
        </button>
        <button type="submit" class="primary" disabled={!ready}>
          Load {counted(rows.length, 'item')}
        </button>
      </footer>
    </form>
  );
}

/** The attributes found, with their types: a look before anything is written. */
function Preview({ rows }: { rows: Row[] }) {
  const columns = useMemo(() => columnsOf(rows), [rows]);
  return (
    <div class="preview" tabIndex={0} role="region" aria-label="Attributes found">
      <table>
        <thead>
          <tr>
            <th scope="col">Attribute</th>
            <th scope="col">Type</th>
            <th scope="col">In</th>
            <th scope="col">For example</th>
          </tr>
        </thead>
        <tbody>
          {columns.slice(0, 100).map(({ name, types, count, sample }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{types.join(', ')}</td>
              <td>{count === rows.length ? 'all' : counted(count, 'item')}</td>
              <td>{sample}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
