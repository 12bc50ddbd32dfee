/** Answers that no engine gives, in the form of the service's errors, so that SDKs show their text. */

const JSON_1_0 = 'application/x-amz-json-1.0';

/** What the service says to a request that names no operation. */
export const unknownOperation = (): Response =>
  answer(400, { __type: 'com.amazon.coral.service#UnknownOperationException' });

/** SDKs try a 500 again. */
export const failed = (error: unknown): Response =>
  answer(500, {
    __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError',
    message: error instanceof Error ? error.message : String(error),
  });

function answer(status: number, body: object): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': JSON_1_0 } });
}
