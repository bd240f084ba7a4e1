import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Request } from 'express';
import { CONFIG, type Config } from '../../config.js';
import type { EventResponse } from './event.response.js';

/** There are as many streams as there may be. */
export class TooManyStreams extends Error {
  constructor(limit: number) {
    super(`${limit} event streams are open already, and no more are allowed; please try again later.`);
  }
}

/** The streams of events that are open, of every kind: no more than MAX_EVENT_STREAMS, and none once the server stops. */
@Injectable()
export class OpenStreams implements BeforeApplicationShutdown {
  readonly #open = new Set<EventResponse>();
  #isStopping = false;

  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'MAX_EVENT_STREAMS'>) {}

  /** Counts a stream until it is closed. @returns whether it is open @throws TooManyStreams */
  admit(stream: EventResponse): boolean {
    if (this.#open.size >= this.config.MAX_EVENT_STREAMS)
      throw new TooManyStreams(this.config.MAX_EVENT_STREAMS);
    if (this.#isStopping) stream.close();
    if (!stream.isOpen) return false;
    this.#open.add(stream);
    stream.onClose(() => this.#open.delete(stream));
    return true;
  }

  /** Closes the streams whose requests are no longer allowed. */
  closeUnless(isAllowed: (request: Request) => boolean): void {
    for (const stream of this.#open) if (!isAllowed(stream.request)) stream.close();
  }

  beforeApplicationShutdown(): void {
    this.#isStopping = true;
    for (const stream of this.#open) stream.close();
  }
}
