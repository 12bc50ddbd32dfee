/** The middle of the page while no table is chosen. */

const SAMPLE = `import { open } from 'dynatab';

const db = await open({ name: 'playground' });
const { Items } = await db.documentClient().query({
  TableName: 'movies',
  IndexName: 'by-director',
  KeyConditionExpression: 'Director = :director',
  ExpressionAttributeValues: { ':director': 'Hayao Miyazaki' },
});`;

export function Welcome(props: { empty: boolean; missing: string }) {
  return (
    <section class="welcome">
      <h1>DynamoDB, in this tab</h1>
      <p>
        This page holds a complete database: the engine runs here, and the data stays in this browser. Nothing
        is sent anywhere.
      </p>
      {props.missing && <p>There is no table named “{props.missing}”.</p>}
      <p>
        {props.empty
          ? 'Load one of the datasets, or drop a file of JSON lines anywhere on the page.'
          : 'Choose a table to browse and query it.'}
      </p>
      <pre class="card" tabIndex={0} aria-label="The same in code">
        {SAMPLE}
      </pre>
    </section>
  );
}
