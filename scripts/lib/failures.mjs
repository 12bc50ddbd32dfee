// A reporter of Node's test runner that tells the failures alone, to be repeated where a long run ends.

/** How much of what is said of one failure is kept, in lines. */
const LINES = 24;

/**
 * Writes each test that failed: the tests it is in, its name, its file and its error. Tests that failed because one in
 * them did are only the way to it.
 */
export default async function* failures(events) {
  // The names of the tests that are under way, by depth.
  const path = [];
  for await (const { type, data } of events) {
    if (type === 'test:start') path.splice(data.nesting, Infinity, data.name);
    if (type !== 'test:fail' || data.details.error?.failureType === 'subtestsFailed') continue;
    const name = [...path.slice(0, data.nesting), data.name].join(' > ');
    const { error } = data.details;
    const cause = error?.cause ?? error;
    const said = String(cause?.stack ?? cause).split('\n');
    yield `${name} (${data.file ?? 'no file'})\n`;
    for (const line of said.slice(0, LINES)) yield `    ${line}\n`;
  }
}
