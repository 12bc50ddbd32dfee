/** Creating a table. */

import type { Client, CreateTableInput, ScalarAttributeType } from 'dynatab';
import { useState } from 'preact/hooks';
import { TYPE_WORDS, type KeyAttribute, type Keys } from '../data/schema.js';
import { createTable } from '../database.js';
import { Dialog, ErrorText, useAttempt } from './dialog.js';

const TYPES = Object.keys(TYPE_WORDS) as ScalarAttributeType[];

interface Draft {
  partition: KeyAttribute;
  sort: KeyAttribute;
}

const blank = (partition = ''): Draft => ({
  partition: { name: partition, type: 'S' },
  sort: { name: '', type: 'S' },
});

const keysOf = ({ partition, sort }: Draft): Keys => (sort.name ? { partition, sort } : { partition });

function schema({ partition, sort }: Keys) {
  const hash = { AttributeName: partition.name, KeyType: 'HASH' as const };
  return sort ? [hash, { AttributeName: sort.name, KeyType: 'RANGE' as const }] : [hash];
}

interface IndexDraft extends Draft {
  indexName: string;
}

/** What is sent; wrong names are the engine's to refuse. */
function request(name: string, table: Draft, indexes: IndexDraft[]): CreateTableInput {
  const attributes = [table, ...indexes]
    .map(keysOf)
    .flatMap(({ partition, sort }) => (sort ? [partition, sort] : [partition]));
  const types = new Map(attributes.map((attribute) => [attribute.name, attribute.type]));
  const input: CreateTableInput = {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...types].map(([AttributeName, AttributeType]) => ({
      AttributeName,
      AttributeType,
    })),
    KeySchema: schema(keysOf(table)),
  };
  if (indexes.length) {
    input.GlobalSecondaryIndexes = indexes.map((index) => ({
      IndexName: index.indexName,
      KeySchema: schema(keysOf(index)),
      Projection: { ProjectionType: 'ALL' },
    }));
  }
  return input;
}

export function TableDialog(props: {
  client: Client;
  close: () => void;
  created: (name: string) => Promise<void>;
}) {
  const [name, setName] = useState('');
  const [table, setTable] = useState(blank('id'));
  const [indexes, setIndexes] = useState<IndexDraft[]>([]);
  const { busy, error, attempt } = useAttempt();

  const change = (at: number, index: IndexDraft) =>
    setIndexes(indexes.map((one, place) => (place === at ? index : one)));
  const submit = (event: Event) => {
    event.preventDefault();
    void attempt(async () => {
      await createTable(props.client, request(name, table, indexes));
      await props.created(name);
      props.close();
    });
  };

  return (
    <Dialog title="New table" close={props.close}>
      <form onSubmit={submit}>
        <div class="content">
          <label class="field">
            Table name
            <input value={name} required autofocus onInput={(event) => setName(event.currentTarget.value)} />
          </label>
          <KeyFields draft={table} change={setTable} />
          {indexes.map((index, at) => (
            <fieldset key={at}>
              <legend>Global secondary index</legend>
              <label class="field">
                Index name
                <input
                  value={index.indexName}
                  required
                  onInput={(event) => change(at, { ...index, indexName: event.currentTarget.value })}
                />
              </label>
              <KeyFields draft={index} change={(draft) => change(at, { ...index, ...draft })} />
              <button
                type="button"
                class="quiet"
                onClick={() => setIndexes(indexes.filter((_, place) => place !== at))}
              >
                Remove index
              </button>
            </fieldset>
          ))}
          <button
            type="button"
            class="quiet"
            onClick={() => setIndexes([...indexes, { indexName: '', ...blank() }])}
          >
            + Add an index
          </button>
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

function KeyFields(props: { draft: Draft; change: (draft: Draft) => void }) {
  const { partition, sort } = props.draft;
  return (
    <>
      <KeyField
        label="Partition key"
        required
        value={partition}
        change={(value) => props.change({ ...props.draft, partition: value })}
      />
      <KeyField
        label="Sort key (optional)"
        value={sort}
        change={(value) => props.change({ ...props.draft, sort: value })}
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
