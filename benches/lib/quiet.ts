/** How long the thread of the page is held by work that nobody asked for. */

/** Gaps between the turns of a page that does nothing of its own, and what the browser itself calls a long task. */
export interface Held {
  /** Milliseconds, of each gap of 2 ms and more. */
  gaps: number[];
  /** Tasks of 50 ms and more, by the browser's count. */
  longTasks: number;
  /** The longest of them, in milliseconds; 0 if there is none. */
  longest: number;
  /** Milliseconds until the page answered a click that came meanwhile, by the browser's event timing. */
  events: number[];
  ms: number;
}

const NOTED = 2;

/** Watches while `until` is not over. */
export async function watch(until: () => Promise<boolean>): Promise<Held> {
  const held: Held = { gaps: [], longTasks: 0, longest: 0, events: [], ms: 0 };
  const observe = (type: string, see: (entry: PerformanceEntry) => void, more = {}) => {
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(see));
    observer.observe({ type, ...more });
    return observer;
  };
  const tasks = observe('longtask', ({ duration }) => {
    held.longTasks++;
    held.longest = Math.max(held.longest, duration);
  });
  const events = observe('event', ({ duration }) => held.events.push(duration), { durationThreshold: 16 });
  const channel = new MessageChannel();
  const begun = performance.now();
  let running = true;
  const beating = new Promise<void>((done) => {
    let last = performance.now();
    channel.port1.onmessage = () => {
      const now = performance.now();
      if (now - last >= NOTED) held.gaps.push(now - last);
      if (!running) return done();
      last = performance.now();
      channel.port2.postMessage(0);
    };
    channel.port2.postMessage(0);
  });
  while (!(await until())) await new Promise((done) => setTimeout(done, 250));
  running = false;
  await beating;
  held.ms = performance.now() - begun;
  channel.port1.close();
  for (const observer of [tasks, events]) observer.disconnect();
  return held;
}

/** Whether the storage of this origin has stopped changing: what an engine does in the background is over. */
export function settled(seconds: number): () => Promise<boolean> {
  let usage = -1;
  let since = performance.now();
  return async () => {
    const now = (await navigator.storage.estimate()).usage ?? 0;
    if (now !== usage) [usage, since] = [now, performance.now()];
    return performance.now() - since > seconds * 1000;
  };
}

/** When a transaction of this page was last begun. */
let lastBegun = 0;
const begin = IDBDatabase.prototype.transaction;
IDBDatabase.prototype.transaction = function (...parameters) {
  lastBegun = performance.now();
  return begin.apply(this, parameters);
};

/** Resolves once no transaction has been begun for so many milliseconds; gives when the last one was. */
export async function idle(ms: number): Promise<number> {
  lastBegun = performance.now();
  while (performance.now() - lastBegun < ms) await new Promise((done) => setTimeout(done, 20));
  return lastBegun;
}
