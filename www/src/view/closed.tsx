/** What stands on the page when the database could not be opened. */

export function Closed(props: { error: Error; retry: () => void }) {
  return (
    <main class="closed card" data-error={props.error.name}>
      <h1>The database did not open</h1>
      <p>Nothing was changed. This is what went wrong:</p>
      <p class="error">
        <b>{props.error.name}</b> {props.error.message}
      </p>
      <button class="primary" onClick={props.retry}>
        Try again
      </button>
    </main>
  );
}
