// Objects that are databases, and what tests ask of them beside requests: `/-/NAME/WHAT`.
import { DynatabDatabase, router, type DurableOptions } from 'dynatab/cloudflare';
import { SIMPLE, TABLE } from '../../js/suite/harness.js';

/** Put in by the build: which deployment this is. */
declare const VERSION: number;

interface Env {
  Database: {
    idFromName(name: string): unknown;
    get(id: never): { fetch(request: Request): Promise<Response> };
  };
}

/** How many objects this process has made. */
let made = 0;

export class Database extends DynatabDatabase<Env> {
  private readonly number = ++made;

  protected override settings(): DurableOptions {
    return { sweepSeconds: 1, tables: VERSION > 1 ? [TABLE, SIMPLE] : [TABLE] };
  }

  override async alarm(): Promise<void> {
    await super.alarm();
    const db = (await this.database()).documentClient();
    const { Count } = await db.scan({ TableName: TABLE.TableName, Select: 'COUNT' });
    await this.ctx.storage.put({ seen: { at: Date.now(), items: Count, number: this.number } });
  }

  override async fetch(request: Request): Promise<Response> {
    const [, test, , what] = new URL(request.url).pathname.split('/');
    return test === '-' ? Response.json(await this.told(what!)) : super.fetch(request);
  }

  private async told(what: string): Promise<unknown> {
    const { storage } = this.ctx;
    switch (what) {
      case 'version':
        return VERSION;
      case 'seen':
        return (await storage.get(['seen'])).get('seen') ?? null;
      case 'alarm':
        return storage.getAlarm();
      case 'ring':
        await this.alarm();
        return null;
      case 'verify':
        return (await this.database()).verify();
      case 'storage': {
        const db = await this.database();
        return { ...(await db.storage()), ...db.persistence };
      }
      case 'keys':
        return [...(await storage.list()).keys()];
      case 'log': {
        const query = 'SELECT sum(length(value)) FROM "dynatab/dynatab/log"';
        const [[bytes] = []] = storage.sql.exec(query).raw();
        return bytes;
      }
      case 'destroy':
        await (await this.database()).destroy();
        return null;
      default:
        throw new Error(`nothing is called ${what}`);
    }
  }
}

const open = router<Env>({ binding: 'Database', openToTheWorld: true });

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const [, test, name] = new URL(request.url).pathname.split('/');
    if (test !== '-') return open.fetch(request, env);
    return env.Database.get(env.Database.idFromName(name!) as never).fetch(request);
  },
};
