/** Cloudflare's Durable Objects: databases in their storage, the class of an object that is one, and the Worker in front. */

export * from '../public.js';
export { DynatabDatabase } from '../cloudflare/database.js';
export { destroy, DurableDatabase, open, repair } from '../cloudflare/open.js';
export type { DurableOptions } from '../cloudflare/open.js';
export { router } from '../cloudflare/router.js';
export type { DurableNamespace, Router, RouterKey, RouterOptions } from '../cloudflare/router.js';
export type { Alarm } from '../storage/durable-object/index.js';
export type { DurableState, DurableStorage } from '../storage/durable-object/runtime.js';
