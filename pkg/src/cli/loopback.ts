/** Addresses that only this machine reaches. */

import { isIPv4 } from 'node:net';

/** Whether an address is known to be loopback. Other names are not looked up: what they mean may change. */
export const isLoopback = (host: string): boolean =>
  (isIPv4(host) && host.startsWith('127.')) || host === '::1' || host.toLowerCase() === 'localhost';
