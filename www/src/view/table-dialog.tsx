/** Creating a table. */

import type { Client, ScalarAttributeType } from 'dynatab';
import { useState } from 'preact/hooks';
import { TYPE_WORDS, type KeyAttribute } from '../data/schema.js';
import {
  blankIndex,
  blankTable,
  createRequest,
  type IndexDraft,
  type KeysDraft,
  type TableDraft,
} from '../data/table-draft.js';
import { createTable } from '../database.js';
import { Dialog, ErrorText, useAttempt } from './dialog.js';

const TYPES = Object.keys(TYPE_WORDS) as ScalarAttributeType[];

export function TableDialog(props: {
  client: Client;
  close: () => void;
  created: (name: string) => Promise<void>;
}) {
  const [table, setTable] = useState(blankTable);
  const { busy, error, attempt } = useAttempt();
  const set = (part: Partial<TableDraft>) => setTable({ ...table, ...part });
  const setIndex = (at: number, index: IndexDraft) =>
    set({ indexes: table.indexes.map((one, place) => (place === at ? index : one)) });
  const submit = (event: Event) => {
    event.preventDefault();
    void attempt(async () => {
      await createTable(props.client, createRequest(table));
      await props.created(table.name);
      props.close();
    });
  };

  return (
    <Dialog title="New table" close={props.close}>
      <form onSubmit={submit}>
        <div class="content">
          <label class="field">
            Table name
            <input
              value={table.name}
              required
              autofocus
              onInput={(event) => set({ name: event.currentTarget.value })}
            />
          </label>
          <KeyFields draft={table} change={set} />
          {table.indexes.map((index, at) => (
            <IndexFields
              key={at}
              index={index}
              change={(changed) => setIndex(at, changed)}
              remove={() => set({ indexes: table.indexes.filter((_, place) => place !== at) })}
            />
          ))}
          <button
            type="button"
            class="quiet"
            onClick={() => set({ indexes: [...table.indexes, blankIndex()] })}
          >
            + Add an index
          </button>
          <Options table={table} set={set} />
          <ErrorText error={error} />
        </div>
        <footer>
          <button type="button" onClick={props.close}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={busy}>
            Create table
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function IndexFields(props: { index: IndexDraft; change: (index: IndexDraft) => void; remove: () => void }) {
  const { index, change } = props;
  return (
    <fieldset>
      <legend>{index.local ? 'Local' : 'Global'} secondary index</legend>
      <div class="pair">
        <label class="field">
          Index name
          <input
            value={index.indexName}
            required
            onInput={(event) => change({ ...index, indexName: event.currentTarget.value })}
          />
        </label>
        <Choice
          label="Kind"
          value={index.local ? 'local' : 'global'}
          options={{ global: 'global', local: 'local: same partition key' }}
          change={(kind) => change({ ...index, local: kind === 'local' })}
        />
      </div>
      {index.local ? (
        <KeyField
          label="Sort key"
          required
          value={index.sort}
          change={(sort) => change({ ...index, sort })}
        />
      ) : (
        <KeyFields draft={index} change={(keys) => change({ ...index, ...keys })} />
      )}
      <div class="pair">
        <Choice
          label="Projection"
          value={index.projection}
          options={{ ALL: 'all attributes', KEYS_ONLY: 'keys only', INCLUDE: 'some attributes' }}
          change={(projection) => change({ ...index, projection })}
        />
        {index.projection === 'INCLUDE' && (
          <label class="field">
            Included, by commas
            <input
              value={index.included}
              required
              onInput={(event) => change({ ...index, included: event.currentTarget.value })}
            />
          </label>
        )}
      </div>
      <button type="button" class="quiet" onClick={props.remove}>
        Remove index
      </button>
    </fieldset>
  );
}

const VIEWS = {
  '': 'none',
  KEYS_ONLY: 'keys only',
  NEW_IMAGE: 'new image',
  OLD_IMAGE: 'old image',
  NEW_AND_OLD_IMAGES: 'new and old images',
} as const;

/** What most tables leave as it is. */
function Options({ table, set }: { table: TableDraft; set: (part: Partial<TableDraft>) => void }) {
  const units = (label: string, member: 'read' | 'write') => (
    <label class="field">
      {label}
      <input
        type="number"
        min="1"
        value={table[member]}
        onInput={(event) => set({ [member]: event.currentTarget.valueAsNumber })}
      />
    </label>
  );
  return (
    <details class="options">
      <summary>More options</summary>
      <div class="pair">
        <Choice
          label="Capacity"
          value={table.provisioned ? 'provisioned' : 'demand'}
          options={{ demand: 'on demand', provisioned: 'provisioned' }}
          change={(mode) => set({ provisioned: mode === 'provisioned' })}
        />
        <Choice
          label="Table class"
          value={table.tableClass}
          options={{ STANDARD: 'standard', STANDARD_INFREQUENT_ACCESS: 'infrequent access' }}
          change={(tableClass) => set({ tableClass })}
        />
      </div>
      {table.provisioned && (
        <div class="pair">
          {units('Read units', 'read')}
          {units('Write units', 'write')}
        </div>
      )}
      <div class="pair">
        <Choice label="Stream" value={table.stream} options={VIEWS} change={(stream) => set({ stream })} />
        <Choice
          label="Deletion protection"
          value={table.deletionProtection ? 'on' : 'off'}
          options={{ off: 'off', on: 'on' }}
          change={(state) => set({ deletionProtection: state === 'on' })}
        />
      </div>
      <label class="field">
        Tags, key=value on each line
        <textarea rows={2} value={table.tags} onInput={(event) => set({ tags: event.currentTarget.value })} />
      </label>
    </details>
  );
}

function Choice<T extends string>(props: {
  label: string;
  value: T;
  options: Record<T, string>;
  change: (value: T) => void;
}) {
  return (
    <label class="field">
      {props.label}
      <select value={props.value} onInput={(event) => props.change(event.currentTarget.value as T)}>
        {Object.entries<string>(props.options).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

function KeyFields(props: { draft: KeysDraft; change: (keys: KeysDraft) => void }) {
  const { partition, sort } = props.draft;
  return (
    <>
      <KeyField
        label="Partition key"
        required
        value={partition}
        change={(value) => props.change({ partition: value, sort })}
      />
      <KeyField
        label="Sort key (optional)"
        value={sort}
        change={(value) => props.change({ partition, sort: value })}
      />
    </>
  );
}

function KeyField(props: {
  label: string;
  required?: boolean;
  value: KeyAttribute;
  change: (value: KeyAttribute) => void;
}) {
  const { value, change } = props;
  return (
    <div class="pair key">
      <label class="field">
        {props.label}
        <input
          value={value.name}
          required={props.required ?? false}
          onInput={(event) => change({ ...value, name: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        Type
        <select
          value={value.type}
          onInput={(event) => change({ ...value, type: event.currentTarget.value as ScalarAttributeType })}
        >
          {TYPES.map((type) => (
            <option key={type} value={type}>
              {TYPE_WORDS[type]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
