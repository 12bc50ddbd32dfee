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

const CALLS = 150;
/** Frames from one call to the next. */
const STEP = 10;

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
      const calls: Promise<boolean>[] = [];
      /** Calls from so far down; whether the call fits. */
      const call = (frames: number): boolean => {
        const before = calls.length;
        try {
          below(frames, () => {
            const call = add();
            calls.push(call.then(...([() => true, () => false] as const)));
          });
        } catch {
          // Not even the call fits.
        }
        return calls.length > before;
      };
      // Near to where it does not: to fill the stack takes long where there is much of it, and under a busy machine.
      let [fits, most] = [0, room() * 2];
      while (most - fits > STEP) {
        const middle = (fits + most) >> 1;
        if (call(middle)) fits = middle;
        else most = middle;
      }
      // From where nothing fits to where all does, in small steps: some calls end in the middle of the engine.
      for (let frames = most + STEP; frames > 0 && frames > most - CALLS * STEP; frames -= STEP) call(frames);
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
