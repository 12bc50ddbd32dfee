/** What a link carries, before anything of it is made. */

import type { Database, TableDescription } from 'dynatab';
import { useEffect, useState } from 'preact/hooks';
import { fromLink, type Call, type Example } from '../data/example.js';
import { loadExample } from '../data/load-example.js';
import { Dialog, ErrorText, useAttempt } from './dialog.js';
import { counted } from './format.js';

interface Props {
  db: Database;
  tables: TableDescription[];
  code: string;
  open: (call: Call) => Promise<void>;
  close: () => void;
}

export function ShareDialog({ db, tables, code, open, close }: Props) {
  const [example, setExample] = useState<Example>();
  const { busy, error, attempt } = useAttempt();
  useEffect(() => void attempt(async () => setExample(await fromLink(code))), [code]);
  const load = (event: Event) => {
    event.preventDefault();
    void attempt(async () => {
      await loadExample(db, example!);
      await open(example!.calls[0]!);
    });
  };
  return (
    <Dialog title="An example from a link" close={close}>
      <form onSubmit={load}>
        <div class="content">
          {example && (
            <>
              <p>{example.calls[0]?.title}</p>
              <ul class="carried">
                {example.tables.map(({ create, items }) => (
                  <li key={create.TableName}>
                    <b>{create.TableName}</b>{' '}
                    {tables.some(({ TableName: name }) => name === create.TableName)
                      ? 'is here already and stays as it is'
                      : `is made, with ${counted(items.length, 'item')}`}
                  </li>
                ))}
              </ul>
            </>
          )}
          <ErrorText error={error} />
        </div>
        <footer>
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={busy || !example}>
            Load it
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
