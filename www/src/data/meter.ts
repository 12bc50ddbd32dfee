/** What calls consumed and took, since the page was opened: kept for the chart. */

export interface Measured {
  operation: string;
  table: string;
  /** Capacity units. */
  units: number;
  milliseconds: number;
  /** Milliseconds since 1970. */
  at: number;
}

/** Calls that are kept; older ones make room. */
const MOST = 500;

let calls: readonly Measured[] = [];
const listeners = new Set<() => void>();
let announced = false;

/** The calls, oldest first. A new list after every change. */
export const measured = (): readonly Measured[] => calls;

/** Runs a call and keeps what it consumed and took. */
export async function measure<O extends { ConsumedCapacity?: unknown }>(
  operation: string,
  table: string,
  run: () => Promise<O>,
): Promise<O> {
  const start = performance.now();
  const output = await run();
  const milliseconds = performance.now() - start;
  record({ operation, table, units: unitsOf(output.ConsumedCapacity) ?? 0, milliseconds, at: Date.now() });
  return output;
}

export function record(call: Measured): void {
  calls = [...calls.slice(-MOST + 1), call];
  // A load makes thousands: listeners hear once in a frame.
  if (announced || listeners.size === 0) return;
  announced = true;
  requestAnimationFrame(() => {
    announced = false;
    for (const listener of listeners) listener();
  });
}

/** Tells of changes until the function that is returned is called. */
export function onMeasured(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** The units of everything a call touched; undefined when it does not say. */
export function unitsOf(consumed: unknown): number | undefined {
  if (consumed === undefined) return undefined;
  const all = (Array.isArray(consumed) ? consumed : [consumed]) as { CapacityUnits?: number }[];
  return all.reduce((sum, { CapacityUnits: units }) => sum + (units ?? 0), 0);
}

/** Sums by operation and table, the dearest first. */
export interface Sum {
  operation: string;
  table: string;
  calls: number;
  units: number;
  milliseconds: number;
}

export function sums(of: readonly Measured[]): Sum[] {
  const found = new Map<string, Sum>();
  for (const { operation, table, units, milliseconds } of of) {
    const key = `${operation} ${table}`;
    const sum = found.get(key) ?? { operation, table, calls: 0, units: 0, milliseconds: 0 };
    sum.calls++;
    sum.units += units;
    sum.milliseconds += milliseconds;
    found.set(key, sum);
  }
  return [...found.values()].sort((a, b) => b.units - a.units || b.milliseconds - a.milliseconds);
}
