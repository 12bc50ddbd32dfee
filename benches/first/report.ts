/** Says when the first write was durable, counted from the beginning of the navigation. */

export const ITEM = { id: 'a', name: 'Customer', amount: 12.5, tags: ['red', 'green'] };

export async function report(write: () => Promise<unknown>): Promise<void> {
  const script = performance.now();
  try {
    await write();
    Object.assign(globalThis, { script, first: performance.now() });
  } catch (error) {
    Object.assign(globalThis, { first: String(error) });
  }
}
