import { LiveMetrics } from './live.metrics.js';
import { LiveStream } from './live.stream.js';
import { redraw } from './redraw.js';

/** @typedef {import('./order.list.js').OrderEvent} OrderEvent */

/** A page that nobody sees keeps its connections so long: browsers have few for one server. */
const HIDDEN_MS = 15_000;

/** The two streams that feed the page, the metrics and the events of orders, and how they are. */
export class Connection {
  metrics = new LiveMetrics();
  /** What became of the last loss. */
  note = '';
  /** @type {string | undefined} */
  #startedAt;
  /** @type {LiveStream | undefined} */
  #orders;
  /** Whether the page may listen. */
  #isWanted = false;
  /** While nobody sees the page. */
  #isPaused = false;
  #wasLost = false;
  #metrics = new LiveStream('metrics/stream', {
    ready: ({ started_at }) => this.#onReady(started_at),
    metrics: (report) => {
      this.metrics.add(report);
      redraw();
    },
    unavailable: ({ detail }) => {
      this.metrics.unavailable = detail;
      redraw();
    },
    lost: () => this.#onLost(),
  });

  /**
   * @param {() => void} onResumed something may have been missed
   * @param {(event: OrderEvent) => void} onOrder
   */
  constructor(onResumed, onOrder) {
    this.onResumed = onResumed;
    this.onOrder = onOrder;
  }

  /** @returns {'connecting' | 'live' | 'reconnecting' | 'paused' | 'locked' | 'refused'} */
  get state() {
    if (!this.#isWanted) return 'locked';
    if (this.#isPaused) return 'paused';
    if (this.lostAt) return 'reconnecting';
    if (this.#streams.every(({ refusal }) => refusal)) return 'refused';
    return this.#streams.every(({ isOpen, refusal }) => isOpen || refusal) ? 'live' : 'connecting';
  }

  /** Why there are no metrics: the API key may not read them. */
  get metricsRefusal() {
    return this.#metrics.refusal;
  }

  get lostAt() {
    return this.#streams.find(({ lostAt }) => lostAt)?.lostAt;
  }

  /** From now on the streams are open while the page is seen. */
  open() {
    this.#isWanted = true;
    this.#openStreams();
  }

  /** Until it is opened again; nothing that was heard is kept. */
  close() {
    this.#isWanted = false;
    this.#closeStreams();
    for (const stream of this.#streams) stream.refusal = undefined;
    this.metrics = new LiveMetrics();
  }

  /** Spares the connections of a page that nobody sees. */
  pauseWhileHidden() {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let pause;
    document.addEventListener('visibilitychange', () => {
      clearTimeout(pause);
      if (document.hidden) pause = setTimeout(() => this.#pause(), HIDDEN_MS);
      else if (this.#isPaused) this.#resume();
    });
  }

  /**
   * Listens to these orders only.
   * @param {{ order_id?: string, user_id?: string }} filter
   */
  follow(filter) {
    const query = new URLSearchParams(filter);
    const url = query.size > 0 ? `events?${query}` : 'events';
    if (this.#orders?.url === url) return;
    this.#orders?.close();
    this.#orders = new LiveStream(url, {
      ready: () => this.onResumed(),
      order: this.onOrder,
      lost: () => this.#onLost(),
    });
    if (this.#isWanted && !this.#isPaused) this.#orders.open();
  }

  get #streams() {
    return this.#orders ? [this.#metrics, this.#orders] : [this.#metrics];
  }

  #pause() {
    this.#isPaused = true;
    this.#closeStreams();
  }

  #resume() {
    this.#isPaused = false;
    this.#openStreams();
  }

  #openStreams() {
    if (this.#isWanted && !this.#isPaused) for (const stream of this.#streams) stream.open();
    redraw();
  }

  #closeStreams() {
    for (const stream of this.#streams) stream.close();
    redraw();
  }

  #onLost() {
    this.#wasLost = true;
    this.note = '';
    redraw();
  }

  /** @param {string} startedAt when the server was started */
  #onReady(startedAt) {
    const isAnother = this.#startedAt !== undefined && this.#startedAt !== startedAt;
    if (isAnother) this.note = 'The server was restarted. Reconnected.';
    else if (this.#wasLost) this.note = 'Reconnected.';
    this.#wasLost = false;
    this.#startedAt = startedAt;
    redraw();
  }
}
