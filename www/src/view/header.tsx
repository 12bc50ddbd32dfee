/** Name, how the data is kept, and how much space it takes. */

import type { Database } from 'dynatab';
import { useEffect, useState } from 'preact/hooks';
import { bytes } from './format.js';
import { Theme } from './theme.js';

const WORDS = {
  persistent: 'Kept in this browser',
  'best-effort': 'In this browser, best effort',
  memory: 'In memory only',
};

const PLACES = { '/console': 'Console', '/usage': 'Usage' };

export function Header({ db, version, place }: { db: Database; version: number; place: string }) {
  const [granted, setGranted] = useState<boolean>();
  const used = useStorageUsed(db, version);
  const { kind, reason } = db.persistence;

  return (
    <header class="top">
      <a class="brand" href="#">
        <img src="icon.svg" alt="" width="26" height="26" /> dynatab
      </a>
      {Object.entries(PLACES).map(([path, word]) => (
        <a key={path} class="place" href={`#${path}`} aria-current={path === place ? 'page' : undefined}>
          {word}
        </a>
      ))}
      <span class="grow" />
      <Theme />
      <details class="persistence" data-kind={kind}>
        <summary>
          <span class="dot" /> {WORDS[kind]}
        </summary>
        <div class="pop card">
          <p>
            <b>{db.name}</b>: {reason}.
          </p>
          {kind === 'best-effort' && 'storage' in navigator && (
            <p>
              <button onClick={() => void db.requestPersistence().then(setGranted)}>
                Ask the browser to keep it
              </button>
              {granted === false && <span role="status"> It declined for now.</span>}
            </p>
          )}
        </div>
      </details>
      <span class="used" title="What the browser counts for this origin">
        {used === undefined ? '' : `${bytes(used)} used`}
      </span>
    </header>
  );
}

/** The browser's estimate, read again after changes and now and then. */
function useStorageUsed(db: Database, version: number): number | undefined {
  const [used, setUsed] = useState<number>();
  useEffect(() => {
    const read = async () => setUsed((await db.storage()).usage);
    void read();
    const timer = setInterval(() => void read(), 5000);
    return () => clearInterval(timer);
  }, [db, version]);
  return used;
}
