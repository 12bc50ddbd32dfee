/**
 * One database of a browser, open in any number of contexts. One of them owns it: it holds the Web Lock, has the engine,
 * and answers the others, which are its clients. When it goes, the next one in the lock's queue owns it.
 *
 * A lock can be taken from an owner that does not speak any more. That is safe: who owns the database adds the next
 * numbers of its log, so of two that think they do, one meets what the other wrote, and stops.
 */

import type { EngineOptions } from '../../wasm.js';
import type { EngineHost, HostedEngine } from '../host/engine-host.js';
import type { Connect, Link, LinkEvents } from '../link.js';
import { Ended, Moved, OtherVersion } from '../moved.js';
import { PortLink } from '../port/port-link.js';
import { VERSION, type PortLike } from '../port/protocol.js';
import { Exchange } from './exchange.js';
import { keepVigil } from './vigil.js';
import { Turn } from './turn.js';

/** What a context brings along. */
export interface TabsOptions {
  /** How the engine is opened by the owner. */
  engine: EngineOptions;
  /** The number by which the log knows the requests of this context. */
  client: number;
  /** Where the engine is, if this context owns it. */
  host: EngineHost;
  /** Where the script of the broker is. */
  broker: URL | string | undefined;
}

/** An owner that says nothing for so long, in milliseconds, is none. */
const PATIENCE = 1500;
/** Pause before the owner is looked for again. */
const AGAIN = 300;
/** A page that was just hidden is often shown again. */
const HIDDEN = 300;

const isVisible = () => typeof document === 'undefined' || document.visibilityState === 'visible';

export class Tabs {
  private readonly options: TabsOptions;
  private readonly exchange: Exchange;
  private readonly turn: Turn;
  private engine: HostedEngine | undefined;
  private link: PortLink | undefined;
  private events: LinkEvents | undefined;
  /** A way to the owner that was not gone yet. */
  private found: PortLike | undefined;
  /** When the owner, or one that is to be, was last heard of. */
  private heard = 0;
  private wake: (() => void) | undefined;
  private ended: Ended | undefined;
  private closed = false;
  /** The lock is held only until the next owner takes it. */
  private yielding = false;
  /** Another owner was heard of while this context had the lock. */
  private doubts = false;
  private frozen = false;
  /** Ends the vigil of an owner. */
  private sleep: (() => void) | undefined;
  private readonly unwatch: () => void;

  constructor(options: TabsOptions) {
    const { name } = options.engine;
    this.options = options;
    this.turn = new Turn(name, () => this.turned());
    this.exchange = new Exchange(name, options.broker, {
      found: (port) => {
        this.found?.close();
        this.found = port;
        this.heard = Date.now();
        this.link?.end(new Moved('another owner, or a better way to it'));
        this.wake?.();
      },
      opening: () => (this.heard = Date.now()),
      ended: () => void this.end(new Ended('The database was deleted by another tab, window or worker')),
    });
    this.unwatch = watchPage({ shown: () => this.shown(), frozen: (frozen) => this.freeze(frozen) });
  }

  /** The link to the engine, wherever it is now. */
  readonly connect: Connect = async (events) => {
    this.events = events;
    this.link = undefined;
    if (!this.turn.isHeld && !this.frozen) await this.turn.take();
    this.heard = Date.now();
    let sought = 0;
    while (!this.ended && !this.closed) {
      if (this.doubts && this.turn.isHeld) await this.stillOwns();
      this.doubts = false;
      if (this.turn.isHeld && !this.yielding) {
        const link = await this.own(events);
        if (link) return link;
        continue;
      }
      if (sought === 0 && !this.found) this.exchange.seek();
      if (!this.frozen) this.turn.queue();
      const { found } = this;
      this.found = undefined;
      if (found) {
        const link = await this.follow(found, events);
        if (link) return link;
        sought = 0;
        continue;
      }
      await new Promise<void>((done) => {
        this.wake = done;
        setTimeout(done, AGAIN);
      });
      if (this.frozen || this.found || this.turn.isHeld) continue;
      sought = (sought + 1) % 3;
      if (Date.now() - this.heard > PATIENCE) await this.usurp();
    }
    throw this.ended ?? new Moved('closed');
  };

  /** Leaves the database to the others. The connection was closed. */
  close(): void {
    this.closed = true;
    this.unwatch();
    this.exchange.close();
    this.turn.end();
  }

  /** Has all others close, and owns the database alone until `close`. */
  async expel(): Promise<void> {
    this.exchange.end();
    if (this.turn.isHeld) return;
    this.turn.queue();
    await new Promise<void>((done) => {
      this.wake = done;
      setTimeout(done, PATIENCE);
    });
    if (!this.turn.isHeld) await this.turn.steal();
  }

  /** Opens the engine and answers the others; nothing when the lock was lost meanwhile. */
  private async own(events: LinkEvents): Promise<Link | undefined> {
    this.exchange.open();
    const { host, engine: options, client } = this.options;
    let engine: HostedEngine | undefined;
    try {
      engine = await host.open(options, {
        event: (kind, detail) => events.event(kind, detail),
        seen: () => this.shown(),
        failed: (cause) => {
          // It may be told later that it lost the lock than what it lost with it.
          this.doubts = cause instanceof Moved;
          // Nobody is to begin an empty database where others think that theirs is.
          if (cause instanceof Ended) {
            this.ended = cause;
            this.exchange.end();
            this.turn.end();
          }
          events.failed(cause);
          // Its clients find the next one as they found this.
          if (this.engine === engine) this.drop(cause instanceof Moved ? undefined : cause.message);
        },
      });
      if (!this.turn.isHeld || this.ended || this.closed) {
        void engine.close().catch(() => undefined);
        return undefined;
      }
      const link = await engine.link(client, events);
      this.engine = engine;
      this.exchange.own((port) => engine!.serve(port));
      const closing = link.close.bind(link);
      this.sleep = keepVigil(link, events, () => this.stillOwns());
      link.close = async () => {
        await closing();
        this.drop();
      };
      return link;
    } catch (error) {
      // Another context may be luckier, or is: one that slept as owner may have written a last time.
      this.turn.end();
      const { name, message } = error as Error;
      throw name === 'DatabaseLockedError' ? new Moved(message, { cause: error }) : error;
    }
  }

  /** Becomes a client of the owner; nothing when it is none any more. */
  private async follow(port: PortLike, events: LinkEvents): Promise<Link | undefined> {
    const { storage, durability = 'relaxed', region, accountId } = this.options.engine;
    const { client } = this.options;
    const joining = {
      version: VERSION,
      client,
      storage,
      durability,
      region,
      accountId,
      visible: isVisible(),
    };
    try {
      const link = await PortLink.join(port, joining, {
        ...events,
        silent: () => void this.usurp(),
        take: () => void this.turn.steal().then(() => this.turned()),
      });
      if (this.turn.isHeld || this.found) {
        link.drop();
        return undefined;
      }
      this.link = link;
      // To be ready when the owner goes.
      this.options.host.prepare(this.options.engine.storage);
      return link;
    } catch (error) {
      if (error instanceof Moved) return undefined;
      if (!(error instanceof OtherVersion)) throw error;
      if (error.version > VERSION)
        throw new Ended(
          'Another tab has this database open with a later version of this package: load this page again',
        );
      // The older one hears the same from this one.
      await this.usurp();
      return undefined;
    }
  }

  /** Looks whether the lock is still this context's, and acts on it. */
  private async stillOwns(): Promise<boolean> {
    const owns = await this.turn.verify();
    if (!owns) {
      this.turn.lose();
      this.dethrone();
    }
    return owns;
  }

  /** Takes the lock from an owner that says nothing. */
  private async usurp(): Promise<void> {
    if (this.frozen || this.closed || this.turn.isHeld) return;
    await this.turn.steal();
    this.turned();
  }

  /** The lock was had, or lost. */
  private turned(): void {
    if (this.turn.isHeld) this.link?.end(new Moved('this context owns the database'));
    else {
      this.yielding = false;
      this.dethrone();
    }
    this.wake?.();
  }

  /** This context is no owner any more. */
  private dethrone(): void {
    const { engine } = this;
    if (!engine) return;
    // What it still has under way is either written before the next owner begins, or refused. It is closed before it is
    // dropped, because its worker knows it no more after that.
    void engine.close().catch(() => undefined);
    this.drop();
    this.events?.failed(new Moved('another context owns the database'));
  }

  /** Sends the clients to the next owner, or to a fresh engine when this one failed. */
  private drop(cause?: string): void {
    const { engine } = this;
    this.engine = undefined;
    this.sleep?.();
    engine?.drop(cause);
  }

  private async end(cause: Ended): Promise<void> {
    if (this.ended || this.closed) return;
    this.ended = cause;
    const { engine } = this;
    if (engine) await engine.close().catch(() => undefined);
    this.drop();
    this.link?.end(cause);
    this.events?.failed(cause);
    this.turn.end();
    this.wake?.();
  }

  /** Something is seen, or is not any more: a database is owned where somebody looks, if anywhere. */
  private shown(): void {
    this.link?.seen(isVisible());
    if (isVisible() || !this.engine) return;
    setTimeout(() => void this.yield(), HIDDEN);
  }

  /** Hands the database over to a context that is seen. */
  private async yield(): Promise<void> {
    const { engine } = this;
    if (isVisible() || !engine || this.yielding || engine.isClosing || !engine.hasSuccessor) return;
    this.yielding = true;
    await engine.close().catch(() => undefined);
    engine.appoint();
    this.drop();
    this.events?.failed(new Moved('handed over'));
    setTimeout(() => {
      // It did not take it.
      if (!this.yielding) return;
      this.yielding = false;
      this.turn.end();
      this.wake?.();
    }, PATIENCE);
  }

  /** A frozen page runs nothing: it owns nothing, and waits for nothing. */
  private freeze(frozen: boolean): void {
    this.frozen = frozen;
    if (!frozen) return this.wake?.();
    this.turn.end();
    this.dethrone();
    // A worker that is frozen keeps its files open, and others from them.
    if (this.options.engine.storage === 'opfs') this.options.host.end();
  }
}

/** Tells when the page is shown or hidden, frozen or goes on; gives what ends that. Workers are none of it. */
function watchPage(told: { shown(): void; frozen(frozen: boolean): void }): () => void {
  if (typeof document === 'undefined') return () => undefined;
  const freeze = () => told.frozen(true);
  const resume = () => told.frozen(false);
  document.addEventListener('visibilitychange', told.shown);
  document.addEventListener('freeze', freeze);
  document.addEventListener('resume', resume);
  return () => {
    document.removeEventListener('visibilitychange', told.shown);
    document.removeEventListener('freeze', freeze);
    document.removeEventListener('resume', resume);
  };
}
