/** The link to an engine in this context. */

import type { Link, LinkEvents } from '../link.js';
import type { Client, SharedEngine } from '../shared-engine.js';

/** Makes client `number` one of `engine`. */
export function localLink(engine: SharedEngine, number: number, events: LinkEvents): Link {
  const client: Client = {
    number,
    settle: (id) => events.settle(id),
    refuse: (id, error) => events.refuse(id, error),
  };
  engine.join(client, false);
  return {
    settings: engine.settings,
    call: (operation, bytes, length, id) => engine.call(client, operation, bytes, 0, length, id),
    http: (request, id) => engine.http(client, request, id),
    answer: () => engine.answer(),
    deleteExpired: () => engine.deleteExpired(),
    attend: () => engine.attend(),
    verify: () => engine.verify(),
    dump: (id) => engine.dump(id),
    load: (id, part) => engine.load(id, part),
    abandon: (id) => engine.abandon(id),
    keyring: () => engine.keyring(),
    rekey: (change) => engine.rekey(change),
    close: () => engine.close(),
  };
}
