/** Calls of file system handles that are under way. */
const calls = new Set<unknown>();

/**
 * What a call of a file system handle gives. Chromium forgets a call whose handle is collected before the answer comes, and
 * never settles its promise; so the handle is kept until then.
 */
export async function held<H extends object, T>(handle: H, call: (handle: H) => Promise<T>): Promise<T> {
  const kept = { handle };
  calls.add(kept);
  try {
    return await call(handle);
  } finally {
    calls.delete(kept);
  }
}
