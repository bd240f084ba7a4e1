import { until } from './client.js';

/** An event of `GET /metrics/stream`. */
export interface StreamedEvent {
  name: string;
  id: string | undefined;
  data: Record<string, unknown>;
}

/** What a stream has sent, event by event. */
export class MetricsClient {
  readonly events: StreamedEvent[] = [];
  readonly #controller = new AbortController();
  /** Resolves when the server has ended it. */
  readonly ended: Promise<void>;

  private constructor(body: ReadableStream<Uint8Array>) {
    this.ended = this.#read(body).catch(() => undefined); // it was closed here
  }

  static async open(url: string, lastEventId?: string): Promise<MetricsClient> {
    const headers = { ...(lastEventId && { 'last-event-id': lastEventId }) };
    const { body, status } = await fetch(`${url}/metrics/stream`, { headers });
    if (!body || status !== 200) throw new Error(`${status}`);
    return new MetricsClient(body);
  }

  named(name: string): StreamedEvent[] {
    return this.events.filter((event) => event.name === name);
  }

  async atLeast(count: number, name = 'metrics'): Promise<StreamedEvent[]> {
    return until(
      async () => this.named(name),
      (events) => events.length >= count,
    );
  }

  close(): void {
    this.#controller.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    const reader = body.getReader();
    this.#controller.signal.addEventListener('abort', () => void reader.cancel());
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (text + decoder.decode(value, { stream: true })).split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const fields = Object.fromEntries(part.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
        this.events.push({ name: fields.event, id: fields.id, data: JSON.parse(fields.data) });
      }
    }
  }
}
