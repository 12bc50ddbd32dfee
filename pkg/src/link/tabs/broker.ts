/**
 * The SharedWorker of an origin: gives two contexts the ends of a MessageChannel, and knows nothing else of them. It
 * must stay what it is: contexts with other versions of the package use the same one.
 */

type Said = ['here' | 'dial' | 'away', id: string];

const contexts = new Map<string, MessagePort>();
/** By which contexts know that they have the same broker. */
const broker = String(Math.random());

(globalThis as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = ({ ports }) => {
  const port = ports[0]!;
  port.onmessage = ({ data }: MessageEvent<Said>) => {
    const [kind, id] = data;
    if (kind === 'here') {
      contexts.set(id, port);
      port.postMessage(['broker', broker]);
    } else if (kind === 'away') contexts.delete(id);
    else {
      const { port1, port2 } = new MessageChannel();
      contexts.get(id)?.postMessage(['called'], [port1]);
      port.postMessage(['line', id], [port2]);
    }
  };
};

export {};
