/** Any operation as AWS JSON: a request with completion, its answer, what it took, and what was called before. */

import type { AttributeMap, Database, TableDescription } from 'dynatab';
import { useState } from 'preact/hooks';
import { call, type Answer } from '../data/call.js';
import { toLink } from '../data/example.js';
import { readHistory, remember } from '../data/history.js';
import { OPERATIONS } from '../data/operations.js';
import { keysOf } from '../data/schema.js';
import { jsonItem } from '../data/values.js';
import { Code } from './code.js';
import { ErrorText, useAttempt } from './dialog.js';
import { Editor } from './editor.js';
import { counted, milliseconds } from './format.js';

export interface Draft {
  operation: string;
  text: string;
  /** It comes from the editor, which has it already. */
  typed?: boolean;
}

interface Props {
  db: Database;
  tables: TableDescription[];
  draft: Draft;
  change: (draft: Draft) => void;
  /** Tables or items may be others than before. */
  called: () => Promise<void>;
}

const print = (input: unknown) => JSON.stringify(input, null, 2);

/** A request to begin with: of the first table, when there is one. */
export function begin(operation: string, table: TableDescription | undefined): Draft {
  const key: AttributeMap = {};
  if (table) {
    const { partition, sort } = keysOf(table);
    for (const { name, type } of sort ? [partition, sort] : [partition]) {
      key[name] = type === 'N' ? { N: '0' } : { S: '' };
    }
  }
  const input = OPERATIONS[operation]?.begin(table?.TableName ?? 'table', jsonItem(key)) ?? {};
  return { operation, text: print(input) };
}

export function Console({ db, tables, draft, change, called }: Props) {
  const { operation, text } = draft;
  const [answer, setAnswer] = useState<Answer>();
  const [history, setHistory] = useState(readHistory);
  const [link, setLink] = useState('');
  const { busy, error, attempt } = useAttempt();
  const known = OPERATIONS[operation];
  const input = parsed(text);

  const run = () =>
    void attempt(async () => {
      setLink('');
      const found = await call(db, operation, text);
      setAnswer(found);
      const { ok, milliseconds, units } = found;
      setHistory((past) =>
        remember(past, { operation, input: text, ok, milliseconds, units, at: Date.now() }),
      );
      await called();
    });

  const share = () =>
    void attempt(async () => {
      const request = JSON.parse(text) as Record<string, unknown>;
      const title = `${operation} of ${String(request['TableName'] ?? 'tables')}`;
      const example = {
        tables: await carried(db, tables, request),
        calls: [{ title, operation, input: request }],
      };
      const made = new URL(await toLink(example), location.href).href;
      setLink(made);
      await navigator.clipboard?.writeText(made).catch(() => undefined);
    });

  return (
    <>
      <section class="card console" aria-label="Console">
        <h1 class="hidden">Console</h1>
        <div class="row">
          <label class="field grow">
            Operation
            <select
              value={operation}
              onInput={(event) => change(begin(event.currentTarget.value, tableOf(tables, input)))}
            >
              {Object.keys(OPERATIONS).map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <button onClick={share} disabled={busy || !input}>
            Copy a link
          </button>
          <button class="primary" onClick={run} disabled={busy}>
            Run
          </button>
        </div>
        <p class="faint">
          {known?.about}. <kbd>Ctrl</kbd> <kbd>Enter</kbd> runs it.
        </p>
        <Editor
          label="Request"
          text={text}
          typed={draft.typed ?? false}
          members={known?.members ?? []}
          change={(next) => change({ operation, text: next, typed: true })}
          run={run}
        />
        {link && (
          <label class="field">
            A link that carries this request, its table and up to {CARRIED} items
            <input readOnly value={link} onFocus={(event) => event.currentTarget.select()} />
          </label>
        )}
        <ErrorText error={error} />
      </section>

      {answer && (
        <section class="card answer" aria-label="Answer">
          <p class="summary" role="status">
            <b class={answer.ok ? 'good' : 'bad'}>{answer.ok ? 'Done' : errorName(answer)}</b>
            <span>{milliseconds(answer.milliseconds)}</span>
            {answer.units !== undefined && (
              <span>{counted(Math.round(answer.units * 10) / 10, 'capacity unit')}</span>
            )}
          </p>
          <pre tabIndex={0} aria-label="Answer in JSON">
            {print(answer.body)}
          </pre>
        </section>
      )}

      {input && (
        <section class="card">
          <Code operation={operation} input={input} />
        </section>
      )}

      {history.length > 0 && (
        <section class="card history" aria-label="History">
          <h2>Called before</h2>
          <ul>
            {history.map((past) => (
              <li key={past.at}>
                <button class="quiet" onClick={() => change({ operation: past.operation, text: past.input })}>
                  <b class={past.ok ? '' : 'bad'}>{past.operation}</b>
                  <code>{oneLine(past.input)}</code>
                  <span class="faint">
                    {milliseconds(past.milliseconds)}
                    {past.units !== undefined && `, ${past.units} units`}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

const CARRIED = 50;

/** The tables a request speaks of, with some of their items. */
async function carried(db: Database, tables: TableDescription[], request: Record<string, unknown>) {
  const named = [request['TableName'], ...Object.keys((request['RequestItems'] as object | undefined) ?? {})];
  const found = tables.filter(({ TableName: name }) => named.includes(name));
  return Promise.all(
    found.map(async (table) => {
      const { Items = [] } = await db.client().scan({ TableName: table.TableName, Limit: CARRIED });
      const indexes = (table.GlobalSecondaryIndexes ?? []).map(({ IndexName, KeySchema, Projection }) => ({
        IndexName,
        KeySchema,
        Projection,
      }));
      const locals = (table.LocalSecondaryIndexes ?? []).map(({ IndexName, KeySchema, Projection }) => ({
        IndexName,
        KeySchema,
        Projection,
      }));
      return {
        create: {
          TableName: table.TableName!,
          BillingMode: 'PAY_PER_REQUEST' as const,
          AttributeDefinitions: table.AttributeDefinitions,
          KeySchema: table.KeySchema,
          ...(indexes.length ? { GlobalSecondaryIndexes: indexes } : {}),
          ...(locals.length ? { LocalSecondaryIndexes: locals } : {}),
        },
        items: Items.map((item) => jsonItem(item)),
      };
    }),
  );
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === 'object' && data !== null && !Array.isArray(data)
      ? (data as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

const tableOf = (tables: TableDescription[], input: Record<string, unknown> | undefined) =>
  tables.find(({ TableName: name }) => name === input?.['TableName']) ?? tables[0];

const errorName = ({ body }: Answer) => String(body['__type'] ?? 'Error').replace(/^.*#/, '');
const oneLine = (text: string) => text.replace(/\s+/g, ' ').slice(0, 160);
