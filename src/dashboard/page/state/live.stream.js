const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 10_000;

/**
 * A stream of server-sent events that is opened again whatever ends it. Browsers reconnect by themselves, with the id of the
 * last event, but give up when they get another answer than a stream.
 */
export class LiveStream {
  /** @type {EventSource | undefined} */
  #source;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #pauseMs = FIRST_PAUSE_MS;

  /** Since when there has been no connection, though there should be one. @type {Date | undefined} */
  lostAt;
  isOpen = false;

  /**
   * @param {string} url
   * @param {Record<string, (data: any) => void>} listeners what to do with the events of each name; `lost`: with a lost
   *   connection
   */
  constructor(url, listeners) {
    this.url = url;
    this.listeners = listeners;
  }

  open() {
    this.close();
    const source = new EventSource(this.url);
    this.#source = source;
    for (const [name, listener] of Object.entries(this.listeners))
      if (name !== 'lost')
        source.addEventListener(name, ({ data }) => {
          this.#live();
          listener(JSON.parse(data));
        });
    source.addEventListener('error', () => this.#lose(source));
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
    this.isOpen = false;
  }

  #live() {
    this.isOpen = true;
    this.lostAt = undefined;
    this.#pauseMs = FIRST_PAUSE_MS;
  }

  /** @param {EventSource} source */
  #lose(source) {
    if (source !== this.#source) return;
    this.isOpen = false;
    this.lostAt ??= new Date();
    this.listeners['lost']?.(undefined);
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), this.#pauseMs);
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
  }
}
