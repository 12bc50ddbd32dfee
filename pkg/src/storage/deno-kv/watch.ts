/** Watches over a database that its owner may lose: nothing is answered from memory once another may have it. */

import { StorageFailedException } from '../../errors/index.js';
import type { Link, LinkEvents, WireRequest } from '../../link/link.js';
import { Ended } from '../../link/moved.js';
import type { Lease } from './lease.js';

/** Makes a link with the watch over it. A lease that is over ends it for good. */
export async function watched(make: () => Promise<Link>, events: LinkEvents, lease: Lease): Promise<Link> {
  if (lease.ended !== undefined) throw new Ended(lease.ended);
  const link = await make();
  lease.told = (why) => events.failed(new Ended(why));
  // It may have ended meanwhile.
  if (lease.ended !== undefined) throw new Ended(lease.ended);
  const sure = async (): Promise<void> => {
    if (lease.isSure) return;
    await lease.confirm().catch((error: unknown) => {
      throw new StorageFailedException({ message: (error as Error).message, cause: error });
    });
  };
  const later = (id: number, ask: () => boolean): false => {
    void sure().then(
      () => {
        try {
          if (ask()) events.settle(id);
        } catch (error) {
          events.refuse(id, error);
        }
      },
      // Where the lease is over, the link has failed before, and nobody hears this.
      (error: unknown) => events.refuse(id, error),
    );
    return false;
  };
  return {
    ...link,
    call(operation, bytes, length, id) {
      if (lease.isSure) return link.call(operation, bytes, length, id);
      const kept = bytes.slice(0, length);
      return later(id, () => link.call(operation, kept, length, id));
    },
    http: (request: WireRequest, id) =>
      lease.isSure ? link.http(request, id) : later(id, () => link.http(request, id)),
    deleteExpired: () => sure().then(() => link.deleteExpired()),
    verify: () => sure().then(() => link.verify()),
    dump: (id) => sure().then(() => link.dump(id)),
    load: (id, part) => sure().then(() => link.load(id, part)),
    keyring: () => sure().then(() => link.keyring()),
    rekey: (...change) => sure().then(() => link.rekey(...change)),
  };
}
