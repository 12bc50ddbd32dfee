// Reading how many tests ran from what test runners print.

const NONE = { passed: 0, failed: 0, skipped: 0 };

export const addCounts = (a, b) => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

/** The line that closes a run. */
export const closingLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/** Every `test result:` line of cargo test, added up; undefined when there is none. */
export function cargoCounts(text) {
  const lines = [...text.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm)];
  if (lines.length === 0) return undefined;
  return lines
    .map(([, passed, failed, skipped]) => ({ passed: +passed, failed: +failed, skipped: +skipped }))
    .reduce(addCounts, NONE);
}

/** What cargo test prints of the tests that failed: each `failures:` section, up to the result. */
export function cargoFailures(text) {
  return [...text.matchAll(/^failures:\n([^]*?)^test result: FAILED/gm)].map(([, said]) => said).join('\n');
}

/** The closing comments of a TAP report of Node's test runner; undefined when they are missing. */
export function tapCounts(text) {
  const number = (name) => [...text.matchAll(new RegExp(`^# ${name} (\\d+)$`, 'gm'))].at(-1)?.[1];
  if (number('tests') === undefined) return undefined;
  const [passed, failed, cancelled, skipped, todo] = ['pass', 'fail', 'cancelled', 'skipped', 'todo'].map(
    (name) => Number(number(name) ?? 0),
  );
  return { passed, failed: failed + cancelled, skipped: skipped + todo };
}
