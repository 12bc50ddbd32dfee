/** The worker's end: answers for a store. */

import type { FailureKind } from '../external.js';
import type { FromStore, Question, ToStore } from './messages.js';

/** Values from here on are handed over and not copied. */
const HANDED_OVER = 16 << 10;

/** Answers what comes over `port`; `closed` is called once the store is closed. Gives what ends it before. */
export function serveStore(
  port: MessagePort,
  ask: (question: Question) => Promise<unknown>,
  closed: () => void,
): (cause?: string) => void {
  const say = (message: FromStore) => port.postMessage(message, buffers(message[1]));
  port.onmessage = async ({ data }: MessageEvent<ToStore>) => {
    const [id, question] = data;
    try {
      const value = await ask(question);
      if (question[0] === 'close') closed();
      say([id, value]);
    } catch (error) {
      const { kind, message } = error as Error & { kind?: FailureKind };
      say([id, undefined, kind, message]);
    }
  };
  return (cause) => {
    port.onmessage = null;
    say([undefined, cause]);
  };
}

/** The buffers of large values in what is said. */
export function buffers(value: unknown, found: ArrayBuffer[] = []): ArrayBuffer[] {
  if (value instanceof Uint8Array) {
    if (value.length >= HANDED_OVER) found.push(value.buffer as ArrayBuffer);
  } else if (Array.isArray(value)) for (const part of value) buffers(part, found);
  return found;
}
