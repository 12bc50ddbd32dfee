/** Designs to learn from, each loaded in one click; and the access patterns of those that are here. */

import type { Database, TableDescription } from 'dynatab';
import { useState } from 'preact/hooks';
import type { Call, Example } from '../data/example.js';
import { DESIGNS } from '../data/gallery.js';
import { loadExample } from '../data/load-example.js';
import { ErrorText, useAttempt } from './dialog.js';

interface Props {
  db: Database;
  tables: TableDescription[];
  loaded: (table: string) => Promise<void>;
}

export function Gallery({ db, tables, loaded }: Props) {
  const { busy, error, attempt } = useAttempt();
  const [done, setDone] = useState('');
  const load = (example: Example, title: string) =>
    attempt(async () => {
      await loadExample(db, example);
      setDone(`${title}: loaded.`);
      await loaded(example.tables[0]!.create.TableName);
    });
  return (
    <section class="card load" aria-label="Gallery">
      <header>
        <h2>Designs</h2>
      </header>
      {DESIGNS.map((design) => {
        const here = design.tables.every(({ create }) =>
          tables.some(({ TableName: name }) => name === create.TableName),
        );
        return (
          <div class="dataset" key={design.title}>
            <div>
              <b>{design.title}</b>
              <p class="faint">{design.about}</p>
            </div>
            <button
              disabled={busy}
              aria-label={`${here ? 'Open' : 'Load'} ${design.title}`}
              onClick={() =>
                void (here ? loaded(design.tables[0]!.create.TableName) : load(design, design.title))
              }
            >
              {here ? 'Open' : 'Load'}
            </button>
          </div>
        );
      })}
      <p class="hidden" role="status">
        {done}
      </p>
      <ErrorText error={error} />
    </section>
  );
}

/** The requests a design was made for, when `table` is one of its. */
export function Patterns({ table, open }: { table: string; open: (call: Call) => void }) {
  const design = DESIGNS.find(({ tables }) => tables.some(({ create }) => create.TableName === table));
  if (!design) return null;
  return (
    <section class="card patterns" aria-label="Access patterns">
      <h2>What this design answers</h2>
      <ul>
        {design.calls.map((call) => (
          <li key={call.title}>
            <button class="quiet" onClick={() => open(call)}>
              <b>{call.title}</b> <span class="faint">{call.operation}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
