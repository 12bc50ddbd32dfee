import { equal, ok, SIMPLE, type Case } from './harness.js';

/** Calls `f` so many frames further down; not by tail calls, which take no frames in WebKit. Gives that number. */
function below(frames: number, f: () => void): number {
  if (frames > 0) return below(frames - 1, f) + 1;
  f();
  return 0;
}

/** Frames there are room for, more or less: optimised frames are smaller. */
function room(): number {
  let [fits, least] = [1000, 0];
  for (;;) {
    try {
      below(fits, () => undefined);
      [least, fits] = [fits, fits * 2];
    } catch {
      return least;
    }
  }
}

export const failures: Case[] = [
  {
    name: 'an engine that has no stack left is replaced',
    async run({ pkg, env }) {
      const options = { ...env.fresh(), tables: [SIMPLE] };
      let db = await pkg.open(options);
      const events: unknown[] = [];
      db.on('event', (event) => events.push(event));
      const add = () =>
        db
          .documentClient()
          .update({
            TableName: 'simple',
            Key: { id: 'n' },
            UpdateExpression: 'ADD n :one',
            ExpressionAttributeValues: { ':one': 1 },
          });
      let most = room() * 2;
      const calls: Promise<boolean>[] = [];
      // From where nothing fits to where all does, in small steps: some calls end in the middle of the engine.
      while (calls.length < 400 && most > 0) {
        try {
          below(most, () => {
            const call = add();
            calls.push(call.then(...([() => true, () => false] as const)));
          });
        } catch {
          // Not even the call fits.
        }
        most -= calls.length > 0 ? 5 : 50;
      }
      ok(calls.length > 0, 'some calls fit');
      const answered = (await Promise.all(calls)).filter(Boolean).length;
      const isLost = events.some((event) => (event as { kind: string }).kind === 'failed');
      ok(!isLost || !env.persistent, JSON.stringify(events));
      if (isLost) {
        await db.close();
        db = await pkg.open(options);
      } else {
        const { Item } = await db.documentClient().get({ TableName: 'simple', Key: { id: 'n' } });
        // Where the store is another context's, the call to it may be what finds no stack: all of the group is refused then.
        const n = (Item?.['n'] as number | undefined) ?? 0;
        ok(n >= answered && n <= calls.length, `${n} of ${answered} to ${calls.length}`);
      }
      await add();
      equal((await db.verify()).problems, []);
      await db.destroy();
    },
  },
];
