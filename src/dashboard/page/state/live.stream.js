import { createParser } from '../lib/eventsource-parser.js';
import { Problem, send } from './api.js';
import { redraw } from './redraw.js';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 10_000;

/** After so long without a byte there is no connection: metrics come each second, keep-alives of events each 15. */
const SILENCE_MS = 45_000;

/** No event is longer, in characters. */
const LONGEST_EVENT = 1_000_000;

/** It comes alone, with the position in the log: the parser tells no id that has no data. */
const KEEP_ALIVE = /^: keep-alive\nid: (.+)\n\n$/;

/**
 * A stream of server-sent events that is opened again whatever ends it, with the id of the last event. Not an `EventSource`:
 * that cannot send an API key.
 */
export class LiveStream {
  /** The present connection. @type {AbortController | undefined} */
  #connection;
  /** Of the silence, or of the pause. @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #firstPauseMs = FIRST_PAUSE_MS;
  #pauseMs = FIRST_PAUSE_MS;
  #lastId = '';

  /** Since when there has been no connection, though there should be one. @type {Date | undefined} */
  lostAt;
  isOpen = false;
  /** Which scope the API key lacks for it: then it is not tried again. @type {string | undefined} */
  refusal;

  /**
   * @param {string} url
   * @param {Record<string, (data: any) => void>} listeners what to do with the events of each name; `lost`: with a lost
   *   connection
   */
  constructor(url, listeners) {
    this.url = url;
    this.listeners = listeners;
  }

  /** Begins anew: without the id of an event. */
  open() {
    this.close();
    this.#lastId = '';
    void this.#connect();
  }

  close() {
    clearTimeout(this.#timer);
    this.#connection?.abort();
    this.#connection = undefined;
    this.isOpen = false;
  }

  async #connect() {
    const connection = new AbortController();
    this.#connection = connection;
    /** @type {unknown} why it ended */
    const reason = await this.#read(connection).catch((error) => error);
    if (connection !== this.#connection) return; // closed
    clearTimeout(this.#timer);
    connection.abort();
    if (reason instanceof Problem && reason.isScopeMissing) this.#refuse(reason.message);
    else this.#lose(reason);
  }

  /** @param {AbortController} connection @returns {Promise<void>} when the server ends it @throws when anything else does */
  async #read(connection) {
    const { signal } = connection;
    this.#watch(connection);
    const headers = {
      accept: 'text/event-stream',
      ...(this.#lastId && { 'last-event-id': this.#lastId }),
    };
    const response = await send(this.url, { headers, signal, cache: 'no-store' });
    if (!response.headers.get('content-type')?.startsWith('text/event-stream') || !response.body)
      throw new Problem(response.status, 'no stream of events');
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    const parser = createParser({
      onEvent: (event) => !signal.aborted && this.#take(event), // a listener may have closed the stream
      onRetry: (ms) => (this.#firstPauseMs = Math.min(Math.max(1, ms), LONGEST_PAUSE_MS)),
      maxBufferSize: LONGEST_EVENT,
    });
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      this.#watch(connection);
      const text = decoder.decode(value, { stream: true });
      parser.feed(text);
      this.#lastId = KEEP_ALIVE.exec(text)?.[1] ?? this.#lastId;
    }
  }

  /** Ends the connection unless something is heard of it in time. @param {AbortController} connection */
  #watch(connection) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => connection.abort(), SILENCE_MS);
  }

  /** @param {import('../lib/eventsource-parser.js').EventSourceMessage} event */
  #take({ event = '', id, data }) {
    this.#lastId = id ?? this.#lastId;
    if (event === 'lost' || !Object.hasOwn(this.listeners, event)) return;
    this.isOpen = true;
    this.lostAt = undefined;
    this.refusal = undefined;
    this.#pauseMs = this.#firstPauseMs;
    try {
      this.listeners[event]?.(JSON.parse(data));
    } catch (error) {
      reportError(error); // a mistake of this page does not end the stream
    }
  }

  /** @param {string} refusal */
  #refuse(refusal) {
    this.isOpen = false;
    this.lostAt = undefined;
    this.refusal = refusal;
    redraw();
  }

  /** @param {unknown} reason */
  #lose(reason) {
    if (reason instanceof Problem && reason.status > 0) this.#lastId = ''; // it may be what the server does not like
    this.isOpen = false;
    this.lostAt ??= new Date();
    this.listeners['lost']?.(undefined);
    this.#timer = setTimeout(() => void this.#connect(), this.#pauseMs);
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
  }
}
