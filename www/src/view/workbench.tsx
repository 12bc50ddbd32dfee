/** The page with a database open: tables at the side, the chosen one in the middle. */

import type { Database, TableDescription } from 'dynatab';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { listTables } from '../database.js';
import { Header } from './header.js';
import { LoadPanel } from './load-panel.js';
import { TableDialog } from './table-dialog.js';
import { TableList } from './table-list.js';
import { TableView } from './table-view.js';
import { Welcome } from './welcome.js';

/** The chosen table is in the address, so that it survives a reload and the back button works. */
const chosenInAddress = () => {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
};

export function Workbench({ db }: { db: Database }) {
  const [tables, setTables] = useState<TableDescription[]>();
  const [chosen, setChosen] = useState(chosenInAddress);
  const [creating, setCreating] = useState(false);
  /** Grows with every change that did not come from the table's own view. */
  const [version, setVersion] = useState(0);

  const refresh = useCallback(async () => setTables(await listTables(db.client())), [db]);
  useEffect(() => {
    void refresh();
    const follow = () => setChosen(chosenInAddress());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, [refresh]);

  const choose = (name: string) => {
    location.hash = encodeURIComponent(name);
    setChosen(name);
  };
  const changed = async (name?: string) => {
    await refresh();
    setVersion((before) => before + 1);
    if (name !== undefined) choose(name);
  };

  const table = tables?.find((one) => one.TableName === chosen);
  return (
    <>
      <Header db={db} version={version} />
      <div class="workbench">
        <aside>
          <TableList tables={tables} chosen={chosen} create={() => setCreating(true)} />
          <LoadPanel db={db} tables={tables ?? []} changed={changed} />
        </aside>
        <main>
          {table ? (
            <TableView
              key={chosen}
              db={db}
              table={table}
              version={version}
              refresh={refresh}
              deleted={() => changed('')}
            />
          ) : (
            tables && <Welcome empty={tables.length === 0} missing={chosen} />
          )}
        </main>
      </div>
      {creating && <TableDialog client={db.client()} close={() => setCreating(false)} created={changed} />}
    </>
  );
}
