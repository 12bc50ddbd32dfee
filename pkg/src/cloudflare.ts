/** The types of the entry for Durable Objects. */

export * from './entry/cloudflare.js';
