/**
 * A context that was stopped (frozen, or busy for long) may own the database no more when it goes on, and not know it
 * yet: what it reads in its memory could be old. So after a pause its calls wait until the lock was looked at.
 */

import type { Link, LinkEvents, WireRequest } from '../link.js';

/** A context that was not stopped is heard of so often, in milliseconds; hidden pages have one turn in a second. */
const BEAT = 250;
/** Nobody takes the lock of an owner that was stopped for less. */
const PAUSE = 900;

/** Puts the vigil over the link of an owner; `stillOwns` looks at the lock. Gives what ends it. */
export function keepVigil(link: Link, events: LinkEvents, stillOwns: () => Promise<boolean>): () => void {
  let beat = performance.now();
  let waiting: (() => void)[] | undefined;
  const timer = setInterval(() => awake(), BEAT);

  /** False: it may have been stopped, and waits. */
  const awake = (): boolean => {
    if (waiting) return false;
    const before = beat;
    beat = performance.now();
    if (beat - before < PAUSE) return true;
    const held: (() => void)[] = [];
    waiting = held;
    void stillOwns().then((owns) => {
      // Who owns it no more has other links; what waits here is asked there.
      if (!owns) return;
      waiting = undefined;
      beat = performance.now();
      for (const ask of held) ask();
    });
    return false;
  };

  const { call, http } = { call: link.call.bind(link), http: link.http.bind(link) };
  const later = (id: number, ask: () => boolean): false => {
    waiting!.push(() => {
      try {
        if (ask()) events.settle(id);
      } catch (error) {
        events.refuse(id, error);
      }
    });
    return false;
  };
  link.call = (operation, bytes, length, id) => {
    if (awake()) return call(operation, bytes, length, id);
    const kept = bytes.slice(0, length);
    return later(id, () => call(operation, kept, length, id));
  };
  link.http = (request: WireRequest, id) =>
    awake() ? http(request, id) : later(id, () => http(request, id));
  return () => clearInterval(timer);
}
