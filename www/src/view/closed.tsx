/** What stands on the page when the database could not be opened. */

import { NAME } from '../database.js';

export function Closed(props: { error: Error; retry: () => void }) {
  const locked = props.error.name === 'DatabaseLockedError';
  return (
    <main class="closed card" data-error={props.error.name}>
      <h1>{locked ? 'Open in another tab' : 'The database did not open'}</h1>
      {locked ? (
        <p>
          The database <b>{NAME}</b> is in use by another tab or window. One tab owns it at a time: close the
          other one, then try again.
        </p>
      ) : (
        <p>Nothing was changed. This is what went wrong:</p>
      )}
      <p class="error">
        <b>{props.error.name}</b> {props.error.message}
      </p>
      <button class="primary" onClick={props.retry}>
        Try again
      </button>
    </main>
  );
}
