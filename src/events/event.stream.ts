import type { Response } from 'express';
import { EventResponse } from '../http/streams/event.response.js';
import type { LogPosition } from '../orders/store/log/log.position.js';
import { toEventId, type EventFilter, type EventPage } from './event.page.js';

/** One client that is sent the log of orders, as far as its filter lets through, and its position in it. */
export class EventStream extends EventResponse {
  #position: LogPosition = { accepted: 0, transitioned: 0 };
  #knowsGap = false;

  constructor(
    response: Response,
    private readonly filter: EventFilter,
  ) {
    super(response);
  }

  /** What the client has been sent, but for what its filter leaves out. */
  get position(): LogPosition {
    return this.#position;
  }

  /**
   * Answers, and tells the client its position, where it may resume even if it gets no other event. As an event: some
   * clients do not keep an id that comes without data.
   */
  begin(position: LogPosition): void {
    this.#position = position;
    this.start(`id: ${toEventId(position)}\nevent: ready\ndata: {}\n\n`);
  }

  /** Tells the client, once, that entries after its position are gone: their orders were deleted, or the database restored. */
  tellGap(): void {
    if (this.#knowsGap) return;
    this.#knowsGap = true;
    this.write('event: gap\ndata: {}\n\n');
  }

  send(page: EventPage): void {
    this.#position = page.end;
    const bytes = page.bytesFor(this.filter);
    if (bytes) this.write(bytes);
  }

  /** Nothing is left to send up to this position. */
  skipTo(position: LogPosition): void {
    this.#position = position;
  }

  /** A comment, so that proxies see that the connection is used; with the position, so that a resume need not look back. */
  keepAlive(): void {
    this.write(`: keep-alive\nid: ${toEventId(this.#position)}\n\n`);
  }
}
