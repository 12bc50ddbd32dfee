/** The page with a database open: tables at the side, the chosen one in the middle. */

import type { Database, TableDescription } from 'dynatab';
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { Call } from '../data/example.js';
import { listTables } from '../database.js';
import { begin, Console, type Draft } from './console.js';
import { Gallery, Patterns } from './gallery.js';
import { Header } from './header.js';
import { LoadPanel } from './load-panel.js';
import { ShareDialog } from './share-dialog.js';
import { TableDialog } from './table-dialog.js';
import { TableList } from './table-list.js';
import { TableView } from './table-view.js';
import { Usage } from './usage.js';
import { Welcome } from './welcome.js';

/** Names of tables have no slash, so these places are none. */
const CONSOLE = '/console';
const USAGE = '/usage';
const SHARE = '/share/';

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
  const [draft, setDraft] = useState<Draft>();
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
    location.hash = encodeURIComponent(name).replaceAll('%2F', '/');
    setChosen(name);
  };
  const changed = async (name?: string) => {
    await refresh();
    setVersion((before) => before + 1);
    if (name !== undefined) choose(name);
  };

  const openCall = ({ operation, input }: Omit<Call, 'title'>) => {
    setDraft({ operation, text: JSON.stringify(input, null, 2) });
    choose(CONSOLE);
  };

  const inConsole = chosen === CONSOLE;
  const shared = chosen.startsWith(SHARE) ? chosen.slice(SHARE.length) : undefined;
  const table = tables?.find((one) => one.TableName === chosen);
  return (
    <>
      <Header db={db} version={version} place={chosen} />
      <div class="workbench">
        <aside>
          <TableList tables={tables} chosen={chosen} create={() => setCreating(true)} />
          <Gallery db={db} tables={tables ?? []} loaded={changed} />
          <LoadPanel db={db} tables={tables ?? []} changed={changed} />
        </aside>
        <main>
          {inConsole && tables ? (
            <Console
              db={db}
              tables={tables}
              draft={draft ?? begin('ListTables', tables[0])}
              change={setDraft}
              called={refresh}
            />
          ) : chosen === USAGE ? (
            <Usage />
          ) : table ? (
            <TableView
              key={chosen}
              db={db}
              table={table}
              version={version}
              refresh={refresh}
              deleted={() => changed('')}
              openCall={openCall}
              patterns={<Patterns table={chosen} open={openCall} />}
            />
          ) : (
            tables && <Welcome empty={tables.length === 0} missing={shared === undefined ? chosen : ''} />
          )}
        </main>
      </div>
      {shared !== undefined && tables && (
        <ShareDialog
          db={db}
          tables={tables}
          code={shared}
          open={async (call) => {
            await changed();
            openCall(call);
          }}
          close={() => choose('')}
        />
      )}
      {creating && <TableDialog client={db.client()} close={() => setCreating(false)} created={changed} />}
    </>
  );
}
