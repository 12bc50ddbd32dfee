/**
 * How the contexts that have a database open find its owner. Who owns it is said on a BroadcastChannel. Calls go over a
 * port of the broker, a SharedWorker; where there is none, or not the same, over the BroadcastChannel too.
 */

import { StorageUnavailableError } from '../../errors/index.js';
import type { PortLike } from '../port/protocol.js';

/** What is said on the channel. `port` carries what a port would. */
type Said =
  | ['seek']
  /** Somebody owns it: with a broker, or without; or will as soon as it is open. */
  | ['owner', id: string, broker: string | undefined]
  | ['opening']
  /** Whoever has it open closes it: it is going to be deleted. */
  | ['end']
  | ['port', to: string, line: string, message: unknown];

export interface ExchangeEvents {
  /** A way to whoever owns the database now. */
  found(port: PortLike): void;
  /** Somebody is about to own it. */
  opening(): void;
  /** The database is going to be deleted. */
  ended(): void;
}

/** How long a broker that was asked for is waited for, in milliseconds. */
const PATIENCE = 500;
/** A broker answers at once. One that does not is gone: it may have lived in the process of a tab that crashed. */
const ANSWER = 40;

export class Exchange {
  private readonly id = `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
  private readonly channel: BroadcastChannel;
  private readonly events: ExchangeEvents;
  private readonly brokerAt: URL | string | undefined;
  private worker: SharedWorker | undefined;
  /** The name of the broker, once it has answered. */
  private broker: string | undefined;
  private brokerDue = 0;
  private expecting: ReturnType<typeof setTimeout> | undefined;
  /** Lines over the channel, by their names. */
  private readonly lines = new Map<string, ChannelPort>();
  private nextLine = 0;
  /** What this context is to the others. */
  private role: 'client' | 'opening' | 'owner' = 'client';
  private accept: ((port: PortLike) => void) | undefined;
  /** The owner that was heard of last, and the line that was made to it. */
  private owner: { id: string; broker: string | undefined } | undefined;
  private made: string | undefined;
  /** Lines of the broker that were asked for and have not come. */
  private dialed = 0;
  private closed = false;

  constructor(name: string, brokerAt: URL | string | undefined, events: ExchangeEvents) {
    try {
      this.channel = new BroadcastChannel(`dynatab/${name}`);
    } catch (error) {
      // Opaque origins have none in some browsers, and older browsers none at all.
      throw new StorageUnavailableError(`BroadcastChannel is unavailable: ${(error as Error).message}`);
    }
    this.channel.onmessage = ({ data }) => this.hear(data as Said);
    this.brokerAt = typeof SharedWorker === 'function' ? brokerAt : undefined;
    this.events = events;
  }

  /** Looks for the owner, whoever it is from time to time: `found` is told. */
  seek(): void {
    this.role = 'client';
    this.accept = undefined;
    this.made = undefined;
    this.owner = undefined;
    this.call();
    this.say(['seek']);
  }

  /** Tells those who look for the owner to wait. */
  open(): void {
    this.role = 'opening';
    this.say(['opening']);
  }

  /** This context owns the database: `accept` is given the ports of those who want to be clients. */
  own(accept: (port: PortLike) => void): void {
    this.role = 'owner';
    this.owner = undefined;
    this.accept = accept;
    this.tell();
  }

  /** Asks all others to close. */
  end(): void {
    this.say(['end']);
  }

  close(): void {
    this.closed = true;
    this.worker?.port.postMessage(['away', this.id]);
    this.worker?.port.close();
    this.channel.close();
  }

  private say(message: Said): void {
    if (!this.closed) this.channel.postMessage(message);
  }

  private tell(): void {
    this.say(['owner', this.id, this.broker]);
  }

  /** Gets in touch with the broker, which costs an application of one tab nothing: nobody looks for its owner. */
  private call(): void {
    if (this.worker || this.brokerAt === undefined) return;
    try {
      this.worker = new SharedWorker(this.brokerAt, { name: 'dynatab', type: 'module' });
    } catch {
      // Forbidden here: the channel does it.
      return;
    }
    this.brokerDue = Date.now() + PATIENCE;
    setTimeout(() => this.settleBroker(), PATIENCE);
    this.worker.onerror = () => {
      this.brokerDue = 0;
      this.settleBroker();
    };
    this.worker.port.onmessage = ({ data, ports }) => {
      const [kind, detail] = data as ['broker' | 'line' | 'called', string];
      clearTimeout(this.expecting);
      if (kind === 'broker') {
        if (this.broker === detail) return;
        this.broker = detail;
        this.settleBroker();
      } else if (kind === 'called') this.accept?.(ports[0]!);
      // Another owner may have been heard of since it was asked for.
      else if (--this.dialed === 0 && this.made === `${detail} true`) this.events.found(ports[0]!);
      else ports[0]!.close();
    };
    this.worker.port.postMessage(['here', this.id]);
  }

  /** Waits for a word of the broker, and calls another when there is none. */
  private expect(): void {
    clearTimeout(this.expecting);
    this.expecting = setTimeout(() => {
      this.worker?.port.close();
      this.worker = undefined;
      this.broker = undefined;
      this.made = undefined;
      this.dialed = 0;
      if (this.closed) return;
      this.call();
      // Until that one answers, the channel does it.
      this.brokerDue = 0;
      this.settleBroker();
    }, ANSWER);
  }

  /** It is known whether there is a broker. */
  private settleBroker(): void {
    if (this.closed) return;
    if (this.role === 'owner') this.tell();
    else if (this.role === 'client' && this.owner) this.dial();
  }

  private hear(message: Said): void {
    switch (message[0]) {
      case 'seek':
        if (this.role === 'opening') this.say(['opening']);
        if (this.role !== 'owner') return;
        // Without an answer of the broker it says so, and again when there is one.
        if (this.broker !== undefined) {
          this.expect();
          this.worker!.port.postMessage(['here', this.id]);
        } else this.call();
        return this.tell();
      case 'opening':
        return this.events.opening();
      case 'owner':
        if (this.role !== 'client') return;
        this.owner = { id: message[1], broker: message[2] };
        return this.dial();
      case 'end':
        return this.events.ended();
      case 'port': {
        const [, to, line, content] = message;
        if (to === this.id) this.deliver(line, content);
      }
    }
  }

  /** Makes the best line to the owner, unless it is there. */
  private dial(): void {
    const { id, broker } = this.owner!;
    const shared = broker !== undefined && broker === this.broker;
    if (!shared && this.worker && Date.now() < this.brokerDue && (!this.broker || !broker)) return;
    const line = `${id} ${shared}`;
    if (line === this.made) return;
    this.made = line;
    if (shared) {
      this.dialed++;
      this.expect();
      this.worker!.port.postMessage(['dial', id]);
    } else this.events.found(this.lineTo(id, `${this.id}/${this.nextLine++}`));
  }

  private lineTo(to: string, name: string): ChannelPort {
    const port = new ChannelPort(
      (message) => this.say(['port', to, name, message]),
      () => this.lines.delete(name),
    );
    this.lines.set(name, port);
    return port;
  }

  private deliver(name: string, content: unknown): void {
    let port = this.lines.get(name);
    if (!port) {
      const [from] = name.split('/') as [string];
      const begins = this.role === 'owner' && (content as unknown[])[0] === 'join';
      if (from === this.id) return;
      if (!begins) return this.say(['port', from, name, ['gone', undefined]]);
      this.accept!((port = this.lineTo(from, name)));
    }
    port.onmessage?.({ data: content } as MessageEvent);
  }
}

/** A port over the channel. */
class ChannelPort implements PortLike {
  onmessage: ((event: MessageEvent) => void) | null = null;
  private readonly send: (message: unknown) => void;
  private readonly ended: () => void;

  constructor(send: (message: unknown) => void, ended: () => void) {
    this.send = send;
    this.ended = ended;
  }

  postMessage(message: unknown): void {
    this.send(message);
  }

  close(): void {
    this.ended();
  }
}
