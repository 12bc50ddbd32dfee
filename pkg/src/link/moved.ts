/** Why a link ends though no engine failed. They never reach the application. */

/** Another context owns the database now, or this one does: what is in flight is sent again. */
export class Moved extends Error {
  override readonly name = 'Moved';
}

/** The database is no more, or not for this version of the package; the message is the application's. */
export class Ended extends Error {
  override readonly name = 'Ended';
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
