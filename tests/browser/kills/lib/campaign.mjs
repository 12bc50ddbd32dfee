// Rounds of a browser: a page opens one database, which lives through all rounds, and writes without pause; at some moment
// its end comes; then another page reads everything back, and the ledger judges.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { makeProfile, removeProfile, serveTestPages } from '../../browser.mjs';
import { generator } from '../../pages/kills/plan.js';
import { Ledger } from './ledger.mjs';
import { openLine } from './line.mjs';

/** The longest that a page may take to say what it is waited for. */
const PATIENCE = 60_000;
const NAME = 'kills';

/**
 * What a page may meet while it is being closed: Firefox breaks its script off, in the middle of the engine if it must, and
 * lets another task of it begin; the engine that is entered again stops.
 */
const CANCELLED =
  /^(?:DatabaseClosedException: The engine failed earlier|InternalServerError: The engine failed: RuntimeError)/;

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    const say = () => new Error(`${typeof what === 'string' ? what : what()} did not come in ${PATIENCE} ms`);
    timer = setTimeout(() => reject(say()), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const deferred = () => {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  // Whoever waits is told; nobody has to.
  made.promise.catch(() => undefined);
  return made;
};

/** The rounds and the seed that the environment asks for. */
export function asked(variable, usual) {
  const rounds = Number(process.env[variable] ?? usual);
  return { rounds, seed: Number(process.env.DYNATAB_SEED ?? randomInt(2 ** 31)) };
}

/** A browser and what it needs; `start(profile)` starts one. */
class Stage {
  constructor(start, seed) {
    this.start = start;
    this.ledger = new Ledger(seed);
    this.seed = seed;
    /** Tabs that never loaded. */
    this.unloaded = 0;
  }

  async set() {
    this.profile = makeProfile();
    this.server = await serveTestPages();
    this.line = await openLine();
    this.browser = await this.start(this.profile);
  }

  async clear() {
    await this.browser?.stop();
    await this.line?.close();
    await this.server?.close();
    if (this.profile) removeProfile(this.profile);
  }

  async restart() {
    this.browser = await this.start(this.profile);
  }

  /** Opens a tab whose connections go to `met`, one after the other when it is loaded again. */
  async open(met) {
    const token = this.line.expect(met);
    return this.browser.open(`${this.server.url}/kills/index.html?${this.line.port}/${token}`);
  }

  /**
   * Opens the page that reads. A tab that is opened just after its kind of process was killed may never load; nothing of
   * ours has run in it then.
   */
  async read({ met, connected }) {
    for (let tries = 1; ; tries++) {
      const close = await this.open(met);
      if (tries === 3 || (await Promise.race([connected, pause(10_000)]))) return close;
      this.unloaded++;
      await close();
    }
  }

  /** The page that writes. */
  async worker(round, { durability, tolerant = false, after }) {
    const { ledger, seed } = this;
    const opening = deferred();
    const first = deferred();
    const gone = deferred();
    const errors = [];
    const refused = [];
    let socket;
    const heard = {
      opening: () => opening.resolve(),
      opened: () => undefined,
      announced(lane, number) {
        ledger.announce(Number(lane), Number(number));
        socket.send(`granted ${lane} ${number}`);
      },
      acknowledged(lane, number) {
        ledger.acknowledge(Number(lane), Number(number));
        first.resolve();
      },
      refused: (...words) => refused.push(words.join(' ')),
      error(...words) {
        const said = words.join(' ');
        if (worker.ending && CANCELLED.test(said)) worker.cancelled++;
        else errors.push(said);
        opening.resolve();
        first.resolve();
      },
    };
    const worker = { errors, refused, ending: false, cancelled: 0 };
    const close = await this.open((connection) => {
      // The page was loaded again: it is another one from here on.
      if (socket) return after(connection);
      socket = connection;
      socket.on('message', (data) => {
        const [word, ...rest] = String(data).split(' ');
        heard[word](...rest);
      });
      socket.once('close', () => gone.resolve());
      socket.send(`be ${JSON.stringify({ role: 'work', name: NAME, durability, seed, round, tolerant })}`);
    });
    const tell = (text) => socket.send(text);
    const promises = { opening: opening.promise, first: first.promise, gone: gone.promise };
    return Object.assign(worker, { close, tell }, promises);
  }

  /**
   * What reads everything back: `met` is given the connection of the page that does. With `waits` it has the database open
   * beside the page that writes, and reads when it is told to `go`.
   */
  reader(waits) {
    const found = deferred();
    const opened = deferred();
    const connected = deferred();
    const steps = [];
    let socket;
    const met = (given) => {
      socket = given;
      connected.resolve(true);
      socket.on('message', (data) => {
        const said = String(data);
        if (said.startsWith('found ')) found.resolve(JSON.parse(said.slice(6)));
        else if (said.startsWith('error ')) found.reject(new Error(`the page that reads: ${said}`));
        else steps.push(said);
        if (said === 'opened') opened.resolve();
      });
      socket.once('close', () => found.reject(new Error(`the page that reads is gone after ${steps}`)));
      socket.send(`be ${JSON.stringify({ role: 'inspect', name: NAME, waits })}`);
    };
    const promises = { found: found.promise, opened: opened.promise, connected: connected.promise };
    return { met, steps, go: () => socket.send('go'), ...promises };
  }
}

/**
 * How a round ends. Each is given the stage, the page that writes and `read`, which opens the page that reads; and gives
 * what that page found, when it is another than one opened afterwards.
 */
export const ENDS = {
  /** Every process of the browser at once; it is started again on the same profile. */
  async browser(stage) {
    assert.ok((await stage.browser.kill('all')) > 1);
    await stage.restart();
  },
  /** The process of the page. */
  async page(stage, { close, gone }) {
    assert.ok((await stage.browser.kill('page')) > 0, 'no process of a page was found');
    await gone;
    await close();
  },
  /** The process beside that keeps what is stored; the page goes on, and is closed later. */
  async storage(stage, { close, gone }) {
    assert.ok((await stage.browser.kill('storage')) > 0, 'no process of the storage was found');
    await pause(300);
    await close();
    await gone;
  },
  async close(_, { close, gone }) {
    await close();
    await gone;
  },
  async away(_, { close, gone, tell }) {
    tell('away');
    await gone;
    await close();
  },
  /** The page that comes after is the one that reads. */
  async reload(_, { tell, close }, reader) {
    tell('reload');
    const found = await reader.found;
    await close();
    return found;
  },
  /** Another tab has the database open too, and owns it when the one that writes is closed. */
  async follow(stage, { close, gone }, reader) {
    const closeOther = await stage.open(reader.met);
    await reader.opened;
    await close();
    await gone;
    reader.go();
    const found = await reader.found;
    await closeOther();
    return found;
  },
};

/**
 * Runs rounds that end in turn as `ends` says. What is acknowledged and lost, half a transaction, what `verify` finds, or
 * an error that a page did not expect fails.
 */
export async function campaign(t, { name, start, ends, rounds, seed }) {
  const random = generator(seed);
  const stage = new Stage(start, seed);
  t.after(() => stage.clear());
  await stage.set();
  const began = Date.now();
  const figures = { early: 0, refused: 0, cancelled: 0, opened: [], locked: 0 };

  for (let round = 1; round <= rounds; round++) {
    const end = ends[(round - 1) % ends.length];
    // Each end has both.
    const turn = Math.floor((round - 1) / ends.length);
    const durability = (((round - 1) % ends.length) + turn) % 2 ? 'strict' : 'relaxed';
    const early = random(8) === 0;
    const moment = early ? random(60) : 5 + random(random(3) ? 400 : 1000);
    const where = `seed ${seed}, round ${round} (${end} after ${moment} ms${early ? ' of opening' : ''}, ${durability})`;
    stage.ledger.begin(round);
    const reader = stage.reader(end === 'follow');
    const tolerant = end === 'storage';
    const worker = await stage.worker(round, { durability, tolerant, after: reader.met });
    await within(early ? worker.opening : worker.first, `${where}: the page`);
    await pause(moment);
    // Without the storage's process a page goes on for a while.
    worker.ending = end !== 'storage';
    let found = await within(ENDS[end](stage, worker, reader), `${where}: the end`);
    await within(worker.gone, `${where}: the end of the page`);
    assert.deepEqual(worker.errors, [], `${where}: the page met an error`);
    if (!found) {
      const close = await stage.read(reader);
      found = await within(reader.found, () => `${where}: what the page found, after ${reader.steps},`);
      await close();
    }
    const { acknowledged } = stage.ledger;
    const problems = [...found.problems, ...stage.ledger.judge(found.found)];
    const had = `the browser had ${found.databases.join(', ') || 'no database'}`;
    assert.deepEqual(problems.slice(0, 8), [], `${where}: ${problems.length} problems; ${had}`);
    figures.early += early;
    figures.refused += worker.refused.length;
    figures.cancelled += worker.cancelled;
    figures.locked += found.locked > 0;
    figures.opened.push(found.opened);
    console.log(
      `${name}, round ${round}: ${end} after ${moment} ms, ${durability}, ${acknowledged} acknowledged, ` +
        `${found.found.length} items, reopened in ${found.opened.toFixed(0)} ms` +
        (worker.refused.length ? `, ${worker.refused.length} refused (${worker.refused[0]})` : ''),
    );
  }
  const { total, unsaid } = stage.ledger;
  const opened = figures.opened.sort((a, b) => a - b);
  console.log(
    `${name}, seed ${seed}: ${rounds} ends (${figures.early} while opening), ${total} operations acknowledged, 0 lost, ` +
      `${unsaid} there that were not, ${figures.refused} refused, ${figures.cancelled} cut off in the engine, found locked ${figures.locked} times, ${stage.unloaded} tabs never loaded, ` +
      `reopened in ${opened[opened.length >> 1].toFixed(0)} ms, at most ${opened.at(-1).toFixed(0)}; ` +
      `${((Date.now() - began) / 1000).toFixed(0)} s`,
  );
  assert.ok(total > rounds * 20, `only ${total} operations were acknowledged: the page hardly ran`);
}
