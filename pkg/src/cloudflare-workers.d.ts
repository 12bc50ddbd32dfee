/** What is used of Cloudflare's types, which an application has whole. */

interface DurableObjectState {
  readonly storage: import('./storage/durable-object/runtime.js').DurableStorage;
  blockConcurrencyWhile<T>(task: () => Promise<T>): Promise<T>;
}

declare module 'cloudflare:workers' {
  export abstract class DurableObject<Env = unknown> {
    protected ctx: DurableObjectState;
    protected env: Env;
    constructor(ctx: DurableObjectState, env: Env);
    fetch?(request: Request): Response | Promise<Response>;
    alarm?(): void | Promise<void>;
  }
}
