/** The tables of the database. */

import type { TableDescription } from 'dynatab';

export function TableList(props: {
  tables: TableDescription[] | undefined;
  chosen: string;
  create: () => void;
}) {
  return (
    <nav class="card" aria-label="Tables">
      <header>
        <h2>Tables</h2>
        <button class="quiet" onClick={props.create}>
          New table
        </button>
      </header>
      {!props.tables?.length && <p class="faint">{props.tables ? 'None yet.' : '…'}</p>}
      <ul>
        {props.tables?.map(({ TableName: name = '', GlobalSecondaryIndexes: indexes = [] }) => (
          <li key={name}>
            <a
              href={`#${encodeURIComponent(name)}`}
              aria-current={name === props.chosen ? 'page' : undefined}
            >
              {name}
              {indexes.length > 0 && (
                <small>{indexes.length === 1 ? '1 index' : `${indexes.length} indexes`}</small>
              )}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
