// Databases opened by name in one object: who has one, what is left of one, and a load without a pause.
import { DurableObject } from 'cloudflare:workers';
import { destroy, open } from 'dynatab/cloudflare';
import { equal, ok, rejects, SIMPLE } from '../../js/suite/harness.js';

interface Env {
  Owner: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
}

const tables = [SIMPLE];
const TableName = SIMPLE.TableName!;

export class Owner extends DurableObject {
  override async fetch(request: Request): Promise<Response> {
    try {
      await this.run(new URL(request.url).pathname.slice(1));
      return Response.json(null);
    } catch (error) {
      return new Response((error as Error).stack, { status: 500 });
    }
  }

  override alarm(): void {}

  private run(what: string): Promise<void> {
    if (what === 'owners') return this.owners();
    if (what === 'names') return this.names();
    if (what === 'destroyed') return this.destroyed();
    if (what === 'load') return this.load();
    throw new Error(what);
  }

  private async owners(): Promise<void> {
    const db = await open(this.ctx, { name: 'one' });
    await rejects(open(this.ctx.storage, { name: 'one' }), 'DatabaseLockedError');
    await rejects(destroy(this.ctx, { name: 'one' }), 'DatabaseLockedError');
    const other = await open(this.ctx, { name: 'other' });
    await db.close();
    await (await open(this.ctx, { name: 'one' })).close();
    await other.close();
  }

  private async names(): Promise<void> {
    // SQLite would take the first two for one table.
    const names = ['Music', 'music', 'a/b "c"; DROP', 'ü', '.'];
    for (const name of names) {
      const db = await open(this.ctx, { name, tables });
      await db.documentClient().put({ TableName, Item: { id: name } });
      await db.close();
    }
    for (const name of names) {
      const db = await open(this.ctx, { name });
      equal((await db.documentClient().scan({ TableName })).Items, [{ id: name }]);
      await db.close();
    }
    await rejects(open(this.ctx, { name: 'x'.repeat(1001) }), 'TypeError');
  }

  private async destroyed(): Promise<void> {
    const { storage } = this.ctx;
    const keys = async () => [...(await storage.list()).keys()];
    const sql = () => {
      try {
        const found = storage.sql.exec("SELECT name FROM sqlite_master WHERE name LIKE 'dynatab%'").raw();
        return [...found].flat() as string[];
      } catch {
        return [];
      }
    };
    await storage.put({ own: 1 });
    for (const close of [true, false]) {
      const db = await open(this.ctx, { tables, alarm: true });
      await db.documentClient().put({ TableName, Item: { id: 'a' } });
      await storage.setAlarm(Date.now() + 60_000);
      ok((await keys()).length + sql().length > 1, 'there is something');
      if (close) {
        await db.close();
        await destroy(this.ctx);
      } else await db.destroy();
      equal(await keys(), ['own']);
      equal(sql(), []);
      equal((await storage.getAlarm()) !== null, close, 'the alarm may be for something else');
    }
  }

  private async load(): Promise<void> {
    const db = await open(this.ctx, { tables });
    const doc = db.documentClient();
    const text = 'x'.repeat(500);
    for (let at = 0; at < 6000; at++) await doc.put({ TableName, Item: { id: `${at}`, text } });
    await db.close();
    const again = await open(this.ctx, {});
    const { items, problems } = await again.verify();
    equal([items, problems], [6000, []]);
    await again.close();
  }
}

export default {
  fetch: (request: Request, { Owner }: Env) => Owner.get(Owner.idFromName(request.url)).fetch(request),
};
