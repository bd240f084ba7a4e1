import { once } from 'node:events';
import { EventSource } from 'eventsource';
import { until } from './client.js';

/** What an event of `GET /events` says. */
export interface OrderEvent {
  id: string;
  order_id: string;
  user_id: string;
  from: string | null;
  to: string;
  attempt: number;
  at: string;
}

/** A browser's `EventSource`: it reconnects by itself, with the id of the last event. */
export class EventClient {
  readonly events: OrderEvent[] = [];
  /** How often it was told that events are missing. */
  gaps = 0;
  /** Why it was disconnected, each time. */
  readonly errors: string[] = [];
  readonly #source: EventSource;

  private constructor(url: string, lastEventId?: string, headers: Record<string, string> = {}) {
    this.#source = new EventSource(url, {
      fetch: (input, init) =>
        fetch(input, {
          ...init,
          headers: { ...headers, ...(lastEventId && { 'last-event-id': lastEventId }), ...init.headers },
        }),
    });
    this.#source.addEventListener('order', ({ lastEventId: id, data }) =>
      this.events.push({ id, ...(JSON.parse(String(data)) as Omit<OrderEvent, 'id'>) }),
    );
    this.#source.addEventListener('gap', () => this.gaps++);
    this.#source.addEventListener('error', ({ code, message }) => this.errors.push(`${code} ${message}`));
  }

  /** Resolves when the server has answered: what is committed from now on is sent. */
  static async open(
    url: string,
    lastEventId?: string,
    headers?: Record<string, string>,
  ): Promise<EventClient> {
    const client = new EventClient(url, lastEventId, headers);
    await once(client.#source as unknown as EventTarget, 'open'); // Node's own, where its types have another one
    return client;
  }

  /** The events, once there are so many. */
  async atLeast(count: number, timeoutMs?: number): Promise<OrderEvent[]> {
    try {
      return await until(
        async () => this.events,
        ({ length }) => length >= count,
        timeoutMs,
      );
    } catch {
      const errors = this.errors.join('; ') || 'none';
      throw new Error(`${this.events.length} of ${count} events; errors: ${errors}`);
    }
  }

  /** `order-1: null → Pending`, of one order or of all. */
  told(orderId?: string): string[] {
    return this.events
      .filter((event) => orderId === undefined || event.order_id === orderId)
      .map(({ order_id, from, to }) => `${order_id}: ${from} → ${to}`);
  }

  close(): void {
    this.#source.close();
  }
}
