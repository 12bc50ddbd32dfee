/** Why a link ends though no engine failed. They never reach the application. */

/**
 * Another context owns the database now, or this one does: what is in flight is sent again. With a cause, whoever has what
 * the database is kept in does not give it up.
 */
export class Moved extends Error {
  override readonly name = 'Moved';
}

/** The database is no more, or not for this version of the package; the message is the application's. */
export class Ended extends Error {
  override readonly name = 'Ended';
}

export const filesTaken = () => new Moved('another context has the files of the database');

/** How a link ended in another context, if it did, from what it told of the error. */
export function endOf(name: string | undefined, message: string): Moved | Ended | undefined {
  if (name === 'Moved') return new Moved(message);
  return name === 'Ended' ? new Ended(message) : undefined;
}

/** The owner's package speaks another version. */
export class OtherVersion extends Error {
  override readonly name = 'OtherVersion';
  readonly version: number;

  constructor(version: number) {
    super(`The owner speaks version ${version}`);
    this.version = version;
  }
}
