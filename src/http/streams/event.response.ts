import { once } from 'node:events';
import type { Request, Response } from 'express';
import type { Clock } from '../../common/clock.js';

/** With so many bytes unread a client is sent nothing more until it has read them. */
const MOST_UNREAD_BYTES = 131_072;

/** A client that takes longer to read what it was sent is disconnected; it can resume. In milliseconds. */
const SLOW_MS = 10_000;

/** How long a client waits before it connects again, in milliseconds. */
const RETRY_MS = 1000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no', // nginx would hold events back
};

/** The answer to one client that is sent events. See https://html.spec.whatwg.org/multipage/server-sent-events.html */
export class EventResponse {
  constructor(private readonly response: Response) {}

  /** What it answers. */
  get request(): Request {
    return this.response.req;
  }

  get isOpen(): boolean {
    return !this.response.destroyed && !this.response.writableEnded;
  }

  onClose(listener: () => void): void {
    this.response.once('close', listener);
  }

  /** Answers, and sends the first event. */
  start(event: string): void {
    this.response.writeHead(200, HEADERS);
    this.write(`retry: ${RETRY_MS}\n${event}`);
  }

  /** Whole events, or a comment. */
  write(content: string | Buffer): void {
    if (this.isOpen) this.response.write(content);
  }

  /** Whether it must be `drained` before it is sent more. */
  get isFull(): boolean {
    return this.response.writableLength > MOST_UNREAD_BYTES;
  }

  /** Resolves when the client has read what it was sent, or is gone. One that is too slow is disconnected. */
  async drained(clock: Clock): Promise<void> {
    if (!this.isOpen || !this.response.writableNeedDrain) return;
    const waiting = new AbortController();
    const cancel = clock.timer(SLOW_MS, () => this.response.destroy());
    const events = ['drain', 'close'].map((event) =>
      once(this.response, event, { signal: waiting.signal }).catch(() => undefined),
    );
    await Promise.race(events);
    cancel();
    waiting.abort();
  }

  /** Ends the answer; the client connects again. */
  close(): void {
    if (!this.isOpen) return;
    if (this.response.headersSent) this.response.end();
    else this.response.destroy();
  }
}
