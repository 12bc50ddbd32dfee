/** The Durable Object that is a database. */

import { DurableObject } from 'cloudflare:workers';
import { failed } from './answers.js';
import { open, type DurableDatabase, type DurableOptions } from './open.js';

/**
 * A database in a Durable Object of its own, which answers the AWS JSON 1.0 protocol. It answers whoever reaches it: only
 * Workers with a binding to it do, and `router` asks for signatures.
 *
 * To give it tables and other options, or methods of its own that Workers call, extend it.
 */
export class DynatabDatabase<Env = unknown> extends DurableObject<Env> {
  private opening: Promise<DurableDatabase> | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // Requests come once it is open. One that cannot be opened tells them why.
    void ctx.blockConcurrencyWhile(() => this.database().then(nothing, nothing));
  }

  /** Options of the database; asked for by the constructor, so that only `this.ctx` and `this.env` are there. */
  protected settings(): DurableOptions {
    return {};
  }

  /** The database; opened again when that failed, or when it ended. */
  protected database(): Promise<DurableDatabase> {
    this.opening ??= this.begin().catch((error: unknown) => {
      this.opening = undefined;
      throw error;
    });
    return this.opening;
  }

  /** Answers a request of the AWS JSON 1.0 protocol. */
  override async fetch(request: Request): Promise<Response> {
    try {
      return await (await this.database()).fetch(request);
    } catch (error) {
      return failed(error);
    }
  }

  /** Does what is due although nobody calls. One that extends it and has an alarm of its own calls this too. */
  override async alarm(): Promise<void> {
    await (await this.database()).alarm();
  }

  private async begin(): Promise<DurableDatabase> {
    const db = await open(this.ctx, { alarm: true, ...this.settings() });
    db.on('failed', () => {
      this.opening = undefined;
      void db.close().catch(nothing);
    });
    return db;
  }
}

const nothing = () => undefined;
