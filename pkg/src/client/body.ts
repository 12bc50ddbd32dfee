/** Bodies of requests as the engine reads them. */

/** The engine refuses a larger body, so no more of it is unpacked. */
const MAX_BODY = 16 * 1024 * 1024;

/** A body without its Content-Encoding. What is no gzip is left as it is: the engine finds that it is no JSON. */
export async function unpacked(body: Uint8Array, encoding: string | undefined): Promise<Uint8Array> {
  if (encoding?.toLowerCase() !== 'gzip') return body;
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const stream = new Response(body as BodyInit).body!.pipeThrough(new DecompressionStream('gzip'));
    const reader = stream.getReader();
    while (length <= MAX_BODY) {
      const { done, value } = await reader.read();
      if (done) return joined(chunks, length);
      chunks.push(value);
      length += value.length;
    }
    await reader.cancel();
    return joined(chunks, length);
  } catch {
    return body;
  }
}

function joined(chunks: Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
