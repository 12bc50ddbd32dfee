// The contract of stores in a Durable Object, each case in an object of its own.
import { DurableObject } from 'cloudflare:workers';
import { openStorage } from '../../../pkg/src/storage/durable-object/index.js';
import { CONTRACT } from '../../js/stores/contract.js';

interface Env {
  Store: { idFromName(name: string): unknown; get(id: unknown): { fetch(url: string): Promise<Response> } };
}

export class Store extends DurableObject {
  override async fetch(request: Request): Promise<Response> {
    const name = decodeURIComponent(new URL(request.url).pathname.slice(1));
    const kept = await openStorage(this.ctx.storage, 'Contract', false);
    try {
      await CONTRACT[name]!(kept.engine.store!);
      return Response.json({ name });
    } catch (error) {
      return Response.json({ name, error: (error as Error).stack ?? String(error) });
    } finally {
      kept.release();
    }
  }
}

export default {
  async fetch(_: Request, { Store }: Env): Promise<Response> {
    const results = [];
    for (const name of Object.keys(CONTRACT)) {
      const answer = await Store.get(Store.idFromName(name)).fetch(
        `http://store/${encodeURIComponent(name)}`,
      );
      results.push({ label: 'object', ...((await answer.json()) as object) });
    }
    return Response.json(results);
  },
};
