/** The passphrase of an encrypted directory. */

import type { Encryption } from '../node.js';

/** Part of the options of `open`: of the environment, since what stands in an argument is read by everybody on the machine. */
export function secret(): { encryption?: Encryption } {
  const passphrase = process.env.DYNATAB_PASSPHRASE;
  return passphrase ? { encryption: { passphrase } } : {};
}
