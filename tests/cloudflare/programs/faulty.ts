// An object whose engine fails when told.
import { DynatabDatabase, type DurableOptions } from 'dynatab/cloudflare';
import { SIMPLE } from '../../js/suite/harness.js';

interface Env {
  Database: {
    idFromName(name: string): unknown;
    get(id: never): { fetch(request: Request): Promise<Response> };
  };
}

/** What tests tell the engine by. */
type Instance = Record<'failAt' | 'failAs', { value: number }>;

/** Instances of the engine, as they are made. */
const instances: Instance[] = [];
const { instantiate } = WebAssembly;
WebAssembly.instantiate = (async (...args: Parameters<typeof instantiate>) => {
  const made = (await instantiate(...args)) as unknown as { exports: Instance };
  if (made.exports.failAt) instances.push(made.exports);
  return made;
}) as unknown as typeof instantiate;

export class Database extends DynatabDatabase<Env> {
  private instance: Instance | undefined;
  private recovered = 0;

  protected override settings(): DurableOptions {
    return { tables: [SIMPLE] };
  }

  override async fetch(request: Request): Promise<Response> {
    const db = await this.database();
    if (!this.instance) {
      this.instance = instances.at(-1)!;
      db.on('recovered', () => this.recovered++);
    }
    const [, test, , what] = new URL(request.url).pathname.split('/');
    if (test !== '-') return super.fetch(request);
    if (what === 'trap') {
      this.instance.failAs.value = 1;
      this.instance.failAt.value = 40;
    }
    if (what === 'verify') return Response.json(await db.verify());
    return Response.json({ recovered: this.recovered, instances: instances.length });
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const url = new URL(request.url);
    const [, test, name] = url.pathname.split('/');
    const object = env.Database.get(env.Database.idFromName(test === '-' ? name! : test!) as never);
    return object.fetch(test === '-' ? request : new Request(new URL('/', url), request));
  },
};
