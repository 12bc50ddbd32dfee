import type { NumberValue } from './number-value.js';

/** How native values become attribute values; the names and meanings are those of `@aws-sdk/util-dynamodb`. */
export interface MarshallOptions {
  /** Write empty strings, binaries and sets as NULL. */
  convertEmptyValues?: boolean | undefined;
  /** Leave undefined members of maps, lists and sets out instead of refusing them. */
  removeUndefinedValues?: boolean | undefined;
  /** Write class instances (`Date` among them) as maps of their own enumerable properties. */
  convertClassInstanceToMap?: boolean | undefined;
  /** Accepted for compatibility; a document client always converts containers. */
  convertTopLevelContainer?: boolean | undefined;
  /** Accept numbers beyond `Number.MAX_SAFE_INTEGER`, which may have lost digits already. */
  allowImpreciseNumbers?: boolean | undefined;
}

/** How attribute values become native values; the names and meanings are those of `@aws-sdk/util-dynamodb`. */
export interface UnmarshallOptions {
  /** `true`: every number is a NumberValue. A function: called with each number's text, its result is the value. */
  wrapNumbers?: boolean | ((value: string) => number | bigint | NumberValue | unknown) | undefined;
  /** Accepted for compatibility; a document client never needs the wrapper. */
  convertWithoutMapWrapper?: boolean | undefined;
}
