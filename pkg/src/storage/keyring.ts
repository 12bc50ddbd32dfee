/**
 * The keyring of an encrypted database: its key, wrapped by the application's. It is one value of the store, so another
 * key of the application's is one write, and no value is sealed again.
 *
 * ```
 * 0..4    "DEK" and the version, 1
 * 4       1: the application's key is derived from a passphrase by PBKDF2 with SHA-256; 0: it is given
 * 5..9    rounds of PBKDF2, u32 LE; 0
 * 9..25   its salt; 0
 * 25..37  nonce
 * 37..85  the 32 bytes of the database's key under AES-256-GCM, and their tag. Associated data: 0..25
 * ```
 */

import { EncryptionKeyError } from '../errors/index.js';

/**
 * What opens an encrypted database: a `CryptoKey` for AES-GCM that encrypts and decrypts and need not be extractable, or a
 * passphrase, from which one is derived at each opening, in some tenths of a second.
 */
export type Encryption = { key: CryptoKey } | { passphrase: string };

const MAGIC = [0x44, 0x45, 0x4b, 1];
const NONCE = 25;
const TEXT = 37;
const LENGTH = 85;
/** What OWASP asks of PBKDF2 with SHA-256. */
const ROUNDS = 600_000;
/** More of them would be a denial of service by whoever can write to the store. */
const MOST_ROUNDS = 10_000_000;

/** What is wrong with a key, as a TypeError that names what is right. */
export function checkEncryption(given: Encryption): void {
  const { key, passphrase } = (given ?? {}) as { key?: CryptoKey; passphrase?: string };
  const isKey = key?.algorithm?.name === 'AES-GCM' && has(key, 'encrypt') && has(key, 'decrypt');
  const isPhrase = typeof passphrase === 'string' && passphrase !== '';
  if ((key === undefined) === (passphrase === undefined) || !(isKey || isPhrase)) {
    throw new TypeError(
      'encryption: { key: a CryptoKey for AES-GCM with the usages "encrypt" and "decrypt" } or { passphrase: text } is needed',
    );
  }
  if (!globalThis.crypto?.subtle)
    throw new TypeError(
      'encryption: there is no Web Crypto here; browsers have it on https and on localhost',
    );
}

const has = (key: CryptoKey, usage: KeyUsage) => key.usages.includes(usage);

/** The database's key as a `CryptoKey` that derives keys by HKDF, and the keyring it is in: a new one where none is given. */
export async function unlock(by: Encryption, keyring?: Uint8Array): Promise<[CryptoKey, Uint8Array]> {
  const bytes = keyring ? await unwrap(by, keyring) : crypto.getRandomValues(new Uint8Array(32));
  const root = await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey']);
  return [root, keyring ?? (await wrap(by, bytes))];
}

/** The present keyring, and behind it the same key in one of the application's next key. */
export async function rewrap(by: Encryption, keyring: Uint8Array, next: Encryption): Promise<Uint8Array> {
  const wrapped = await wrap(next, await unwrap(by, keyring));
  const both = new Uint8Array(2 * LENGTH);
  both.set(keyring);
  both.set(wrapped, LENGTH);
  return both;
}

async function wrap(by: Encryption, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const keyring = new Uint8Array(LENGTH);
  keyring.set(MAGIC);
  if ('passphrase' in by) {
    keyring[4] = 1;
    new DataView(keyring.buffer).setUint32(5, ROUNDS, true);
    crypto.getRandomValues(keyring.subarray(9, NONCE));
  }
  crypto.getRandomValues(keyring.subarray(NONCE, TEXT));
  const key = await keyOf(by, keyring);
  keyring.set(new Uint8Array(await crypto.subtle.encrypt(method(keyring), key, bytes)), TEXT);
  return keyring;
}

async function unwrap(by: Encryption, keyring: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  if (keyring.length !== LENGTH || MAGIC.some((byte, at) => keyring[at] !== byte))
    throw new EncryptionKeyError(
      'The keyring of the database is damaged, or of a later version of this package',
    );
  const isPhrase = keyring[4] === 1;
  if (isPhrase !== 'passphrase' in by) {
    throw new EncryptionKeyError(
      `The database is encrypted with a ${isPhrase ? 'passphrase, and not with a key' : 'key, and not with a passphrase'}`,
    );
  }
  const key = await keyOf(by, keyring);
  try {
    const text = keyring.slice(TEXT);
    return new Uint8Array(await crypto.subtle.decrypt(method(keyring), key, text));
  } catch (cause) {
    throw new EncryptionKeyError('The database is encrypted with another key', { cause });
  }
}

function method(keyring: Uint8Array): AesGcmParams {
  return { name: 'AES-GCM', iv: keyring.slice(NONCE, TEXT), additionalData: keyring.slice(0, NONCE) };
}

/** Keys that were derived from passphrases, by rounds and salt: a hand-over does not wait for another. */
const derived = new WeakMap<Encryption, Map<string, Promise<CryptoKey>>>();

function keyOf(by: Encryption, keyring: Uint8Array): CryptoKey | Promise<CryptoKey> {
  if ('key' in by) return by.key;
  let known = derived.get(by);
  if (!known) derived.set(by, (known = new Map()));
  const parameters = keyring.slice(5, NONCE);
  const name = parameters.join();
  let key = known.get(name);
  if (!key) known.set(name, (key = derive(by.passphrase, parameters)));
  return key;
}

async function derive(passphrase: string, parameters: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const iterations = new DataView(parameters.buffer).getUint32(0, true);
  if (iterations > MOST_ROUNDS) throw new EncryptionKeyError('The keyring of the database is damaged');
  // People type the same text in different ways.
  const text = new TextEncoder().encode(passphrase.normalize('NFKC'));
  const from = await crypto.subtle.importKey('raw', text, 'PBKDF2', false, ['deriveKey']);
  return crypto.subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt: parameters.slice(4), iterations },
    from,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  );
}
