/** Opens the database, then shows the workbench, or says why it cannot. */

import type { Database } from 'dynatab';
import { useEffect, useState } from 'preact/hooks';
import { openDatabase } from './database.js';
import { Closed } from './view/closed.js';
import { Update } from './view/update.js';
import { Workbench } from './view/workbench.js';

export function App() {
  const [db, setDb] = useState<Database>();
  const [error, setError] = useState<Error>();

  const start = () => {
    setError(undefined);
    openDatabase().then(setDb, setError);
  };
  useEffect(start, []);

  return (
    <>
      <Update />
      {db ? (
        <Workbench db={db} />
      ) : error ? (
        <Closed error={error} retry={start} />
      ) : (
        <main class="opening">
          <h1 class="hidden">dynatab</h1>
          <p role="status">Opening the database…</p>
        </main>
      )}
    </>
  );
}
