/** The key of a database as its clients have it: checked by each of them, and replaced by one. */

import { EncryptionKeyError } from '../errors/index.js';
import type { Connect, Link } from '../link/link.js';
import { checkEncryption, rewrap, unlock, type Encryption } from '../storage/keyring.js';
import type { Connection } from './connection.js';

/** Where the key stands with which the next engine will be opened. */
export interface KeyHolder {
  encryption?: Encryption;
}

/**
 * Links of a client that has the key. The owner's engine has it anyway; another tab must not be given what it could not
 * open itself, nor be told that there is encryption where there is none.
 */
export function withKey(connect: Connect, holder: KeyHolder): Connect {
  /** The keyring that the key is known to open. */
  let opened: string | undefined;
  return async (events) => {
    const link = await connect(events);
    try {
      if (link.settings.storage !== 'memory') opened = await check(link, holder.encryption, opened);
      return link;
    } catch (error) {
      await link.close();
      throw error;
    }
  };
}

async function check(
  link: Link,
  encryption: Encryption | undefined,
  opened: string | undefined,
): Promise<string | undefined> {
  const { encrypted } = link.settings;
  if (encrypted && !encryption)
    throw new EncryptionKeyError('the database is encrypted: pass its key as `encryption`');
  if (!encryption) return undefined;
  if (!encrypted) throw new EncryptionKeyError('the database is not encrypted: open it without `encryption`');
  const keyring = await link.keyring();
  if (keyring.join() !== opened) await unlock(encryption, keyring);
  return keyring.join();
}

/** Makes `next` the key, for this connection and for whoever opens the database from now on. */
export async function rekey(connection: Connection, holder: KeyHolder, next: Encryption): Promise<void> {
  checkEncryption(next);
  const { encryption } = holder;
  if (!encryption || !connection.settings.encrypted)
    throw new EncryptionKeyError('the database is not encrypted: there is no key to replace');
  const keyring = await connection.ask((link) => link.keyring());
  const change = await rewrap(encryption, keyring, next);
  await connection.ask((link) => link.rekey(change));
  holder.encryption = next;
}
