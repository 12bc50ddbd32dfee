/**
 * A number kept as text, for what a JavaScript number cannot hold exactly.
 *
 * Same shape and behaviour as the class of that name in `@aws-sdk/lib-dynamodb`; instances of either are accepted.
 */
export class NumberValue {
  /** The number as DynamoDB writes it. */
  value: string;

  /** The text is not checked here; the engine refuses what is not a number. */
  constructor(value: number | bigint | string | { N: string }) {
    this.value = typeof value === 'object' && 'N' in value ? String(value.N) : String(value);
    const number = typeof value.valueOf() === 'number' ? Number(value) : 0;
    if (Number.isNaN(number) || Math.abs(number) > Number.MAX_SAFE_INTEGER) {
      throw new Error(
        `NumberValue should not be initialized with an imprecise number=${number}. Use a string instead.`,
      );
    }
  }

  static from(value: number | bigint | string | { N: string }): NumberValue {
    return new NumberValue(value);
  }

  toAttributeValue(): { N: string } {
    return { N: this.toString() };
  }

  /** @throws SyntaxError when the text is not an integer. */
  toBigInt(): bigint {
    return BigInt(this.toString());
  }

  toString(): string {
    return String(this.value);
  }

  valueOf(): string {
    return this.toString();
  }
}

/** An instance of our class, of the SDK's, or of another copy of either. */
export function isNumberValue(value: object): value is { toString(): string } {
  return (
    value instanceof NumberValue ||
    ('value' in value &&
      typeof (value as { toAttributeValue?: unknown }).toAttributeValue === 'function' &&
      typeof (value as { toBigInt?: unknown }).toBigInt === 'function')
  );
}
