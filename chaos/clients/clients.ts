import { between, choose, seeded, type Random } from '../random.ts';
import { Book, type ClientOrder } from './book.ts';
import { Levers } from './levers.ts';
import { Posting } from './posting.ts';
import { readNothing, sendSlowly } from './rude.ts';
import { Upstream } from './upstream.ts';

export interface ClientsOptions {
  /** Orders a second. */
  rate: number;
  seed: number;
  book: Book;
  /** How many servers they post to. */
  servers?: number;
}

/** Requests without an answer at one time: while the server is down, clients wait rather than come by the thousand. */
const MOST_WAITING = 1000;
const MOST_UNREAD = 2;
const TICK_MS = 10;
const LARGEST_BATCH = 50;

/** How often something is done with an order that is there, beside each posting. */
const LEVERS = 0.4;

/**
 * Clients that use every route at a steady rate, whatever the server does, and post each order again until it is
 * acknowledged. The book keeps what they were promised.
 */
export class Clients {
  readonly book: Book;
  readonly #upstreams: Upstream[];
  readonly #random: Random;
  readonly #options: ClientsOptions;
  readonly #posting: Posting;
  readonly #levers: Levers;
  readonly #waiting = new Set<Promise<void>>();
  #unread = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ClientsOptions) {
    const { seed, book, servers = 1 } = options;
    this.#options = options;
    this.book = book;
    this.#random = seeded(seed);
    this.#upstreams = Array.from({ length: servers }, (_, index) => new Upstream(seeded(seed + 100 + index)));
    this.#posting = new Posting(book, this.#random);
    this.#levers = new Levers(book, this.#random);
  }

  start(): void {
    let dueMs = performance.now();
    this.#timer = setInterval(() => {
      for (const now = performance.now(); dueMs < now;) {
        const orders = this.#waiting.size < MOST_WAITING ? this.#act() : 1;
        dueMs += (orders * 1000) / this.#options.rate;
      }
    }, TICK_MS);
  }

  /** A server is there: those who wait for it go on. */
  connect(url: string, server = 0): void {
    this.#upstreams[server]?.connect(url);
  }

  /** A server is gone. */
  async disconnect(server = 0): Promise<void> {
    await this.#upstreams[server]?.disconnect();
  }

  /** Answers with 503. */
  get refusals(): number {
    return this.#upstreams.reduce((sum, { refusals }) => sum + refusals, 0);
  }

  /** Requests without an answer. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Does nothing new, and resolves when nothing is left without an answer. The servers must be there. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#waiting);
  }

  /** @returns how many orders it posts */
  #act(): number {
    const [upstream, posting] = [this.#upstream(), this.#posting];
    if (this.#random() < LEVERS) this.#do(this.#lever(upstream));
    const kind = choose(this.#random, [
      [60, 'order'],
      [25, 'key'],
      [8, 'twins'],
      [3, 'batch'],
      [2, 'slow'],
    ] as const);
    if (kind === 'batch') return this.#batch(upstream);
    const order = this.#order(kind === 'key' || (kind === 'twins' && this.#random() < 0.5));
    if (kind === 'twins') this.#do(posting.twins(() => this.#upstream(), order));
    else if (kind === 'slow') this.#do(sendSlowly(upstream, posting, order, this.#random));
    else this.#do(posting.one(upstream, order));
    return 1;
  }

  /** A batch, and some single orders that arrive with it: they share a commit. */
  #batch(upstream: Upstream): number {
    const orders = Array.from({ length: between(this.#random, 1, LARGEST_BATCH) }, () => this.#order(false));
    const singles = Array.from({ length: between(this.#random, 0, 3) }, () =>
      this.#order(this.#random() < 0.3),
    );
    this.#do(this.#posting.batch(upstream, orders));
    for (const order of singles) this.#do(this.#posting.one(upstream, order));
    return orders.length + singles.length;
  }

  async #lever(upstream: Upstream): Promise<void> {
    await upstream.url; // orders are chosen when they can be reached
    const levers = this.#levers;
    const kind = choose(this.#random, [
      [30, 'read'],
      [30, 'cancel'],
      [20, 'again'],
      [10, 'retry'],
      [3, 'list'],
      [2, 'retryMany'],
      [1, 'readNothing'],
    ] as const);
    if (kind === 'again') {
      const order = levers.pick(this.#random() < 0.5);
      return order && this.#posting.again(upstream, order);
    }
    if (kind !== 'readNothing') return levers[kind](upstream);
    if (this.#unread >= MOST_UNREAD) return;
    this.#unread++;
    await readNothing(upstream).finally(() => this.#unread--);
  }

  #order(hasKey: boolean): ClientOrder {
    return this.book.send(`chaos-${this.#options.seed}-${this.book.orders.length + 1}`, hasKey);
  }

  #upstream(): Upstream {
    const upstream = this.#upstreams[between(this.#random, 0, this.#upstreams.length - 1)];
    if (!upstream) throw new Error('no server to post to');
    return upstream;
  }

  #do(act: Promise<void>): void {
    const done = act.finally(() => this.#waiting.delete(done));
    this.#waiting.add(done);
  }
}
