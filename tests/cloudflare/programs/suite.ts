// The suite of the package in a Durable Object, on its storage.
import { DurableObject } from 'cloudflare:workers';
import * as pkg from 'dynatab/cloudflare';
import { runAll, type Package } from '../../js/suite/index.js';

interface Env {
  Suite: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
}

export class Suite extends DurableObject {
  override async fetch(): Promise<Response> {
    const { ctx } = this;
    let count = 0;
    const env = { label: 'object', persistent: true, fresh: () => ({ name: `Db ${count++}` }) };
    const bound = {
      ...pkg,
      // Elsewhere a name is needed.
      open: (options: pkg.OpenOptions) => pkg.open(ctx, { ...options, name: options?.name ?? '' }),
      destroy: (options: pkg.DestroyOptions) => pkg.destroy(ctx, options),
      repair: (options: pkg.RepairOptions) => pkg.repair(ctx, options),
    };
    const results = await runAll({ pkg: bound as unknown as Package, env });
    return Response.json(results.map((result) => ({ label: env.label, ...result })));
  }
}

export default {
  fetch: (request: Request, { Suite }: Env) => Suite.get(Suite.idFromName('suite')).fetch(request),
};
