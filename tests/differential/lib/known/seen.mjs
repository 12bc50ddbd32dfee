// What facts ask of requests and answers.

import { TABLES } from '../generate.mjs';
import { item as normalItem } from '../normal.mjs';

/** The codes of the reasons why a transaction was cancelled. */
export const codes = ({ body }) => (body.CancellationReasons ?? []).map(({ Code }) => Code ?? 'None');

/** Whether an answer, a reason or a statement of a batch is refused with `text`. */
export const refuses = ({ error, message, body }, text) =>
  (error !== undefined && message.includes(text)) ||
  (body.CancellationReasons ?? []).some(({ Message }) => Message?.includes(text)) ||
  (body.Responses?.some?.(({ Error }) => Error?.Message.includes(text)) ?? false);

export const rejects = (answer) => codes(answer).includes('ValidationError');

export const updates = ({ operation, input }) =>
  operation === 'UpdateItem' ? [input] : (input.TransactItems ?? []).flatMap(({ Update }) => Update ?? []);

/** The statements of a request. */
export const statements = (input) =>
  input.Statement ? [input] : (input.TransactStatements ?? input.Statements ?? []);

export const sortedText = (one) => JSON.stringify(normalItem(one));

/** Equal apart from their order. */
export const sameItems = (ours = [], theirs = []) =>
  JSON.stringify(ours.map(sortedText).sort()) === JSON.stringify(theirs.map(sortedText).sort());

/** What a table of `run.mjs` has under a key. */
export function stored(state, TableName, Key) {
  const { KeySchema } = TABLES.find((table) => table.TableName === TableName) ?? {};
  const normal = normalItem(Key);
  return state?.[TableName]?.[JSON.stringify(KeySchema?.map(({ AttributeName }) => normal[AttributeName]))];
}
