import { setInterval } from 'node:timers/promises';
import { Book } from '../../chaos/clients/book.js';
import { Clients } from '../../chaos/clients/clients.js';
import type { Random } from '../../chaos/random.js';
import { check, OUT_OF_TURN, type Finding } from '../../chaos/checker.js';
import { get, post, until, type Answer } from './client.js';
import { Ledger, withDatabase } from './ledger.js';
import { freePort } from './ports.js';
import { ServerProcess } from './server.js';

type Environment = Record<string, string | number>;

/** How far neighbours in line may be apart through Redis: a priority of BullMQ's, and the slots of both workers. */
export const REDIS_OVERLAP = 1024 + 2 * 100;

/** Two processes that accept and two that process, over one database. */
export class Cluster {
  readonly ledger = new Ledger();
  /** What the clients of `useEveryRoute` know. */
  readonly book = new Book((first, second) => first.acceptedAt < second.sentAt);
  readonly apis: ServerProcess[] = [];
  readonly workers: ServerProcess[] = [];
  readonly #environment: Environment;
  readonly #starts: Promise<void>[] = [];
  #isOver = false;
  #isPosting = false;

  private constructor(
    readonly databaseUrl: string,
    environment: Environment,
  ) {
    this.#environment = { DATABASE_URL: databaseUrl, LEASE_MS: 1000, PROCESSING_TIME_MS: 0, ...environment };
  }

  static async start(databaseUrl: string, environment: Environment = {}): Promise<Cluster> {
    const cluster = new Cluster(databaseUrl, environment);
    try {
      await Promise.all((['api', 'api', 'worker', 'worker'] as const).map((role) => cluster.#add(role)));
    } catch (error) {
      await cluster.kill();
      throw error;
    }
    return cluster;
  }

  /** Posts orders in batches to both apis, and again what was refused. */
  async postBatches(orders: number, perBatch = 500): Promise<void> {
    const ids = Array.from({ length: orders }, (_, index) => `order-${this.ledger.sent.size + index}`);
    for (const id of ids) this.ledger.sent.add(id);
    const batches = Array.from({ length: Math.ceil(orders / perBatch) }, (_, index) =>
      ids.slice(index * perBatch, (index + 1) * perBatch),
    );
    await Promise.all(
      this.apis.map(async (api, index) => {
        for (const batch of batches.filter((_, at) => at % this.apis.length === index))
          await this.#postBatch(api, batch);
      }),
    );
  }

  /**
   * Clients use every route of both apis, until so many orders are posted and everything is answered.
   * @returns how many answers were 503
   */
  async useEveryRoute(orders: number, rate: number, seed: number): Promise<number> {
    const { book, apis } = this;
    const clients = new Clients({ rate, seed, book, servers: apis.length });
    apis.forEach(({ url }, index) => clients.connect(url, index));
    this.#isPosting = true;
    clients.start();
    try {
      await until(async () => book.orders.length >= orders, Boolean, 60_000);
    } finally {
      await clients.finish();
      this.#isPosting = false;
    }
    await Promise.all(apis.map((_, index) => clients.disconnect(index)));
    return clients.refusals;
  }

  /**
   * Kills a random worker every second and puts a new one in its place, `most` times, if the orders last so long.
   * @returns how often
   */
  async killWorkers(random: Random, most: number): Promise<number> {
    let kills = 0;
    for await (const _ of setInterval(1000)) {
      if (this.#isOver || kills === most) break;
      if (!this.#isPosting && this.#isAtEnd(await this.metrics())) break;
      const [victim] = this.workers.splice(Math.floor(random() * this.workers.length), 1);
      if (!victim) continue; // all of them are starting
      await victim.kill();
      kills++;
      void this.#add('worker').catch(() => undefined); // told below
    }
    await Promise.all(this.#starts);
    return kills;
  }

  /** Kills a worker, and starts another one. */
  async replace(worker: ServerProcess): Promise<void> {
    this.workers.splice(this.workers.indexOf(worker), 1);
    await worker.kill();
    await this.#add('worker');
  }

  /** Stops a process as an operator would, and starts another one at its address. Resolves when that is ready. */
  async restart(process: ServerProcess): Promise<void> {
    const [list, role] = this.apis.includes(process)
      ? ([this.apis, 'api'] as const)
      : ([this.workers, 'worker'] as const);
    list.splice(list.indexOf(process), 1);
    const code = await process.stop('SIGTERM');
    if (code !== 0) throw new Error(`stopped with ${code}:\n${process.log.join('\n')}`);
    await this.#add(role, { PORT: new URL(process.url).port });
  }

  /** Resolves once every order that was sent is completed, or cancelled by its client. */
  async completed(timeoutMs = 60_000): Promise<void> {
    await until(
      () => this.metrics(),
      (metrics) => this.#isAtEnd(metrics),
      timeoutMs,
    );
  }

  #isAtEnd({ completed_orders, cancelled_orders }: Answer['body']): boolean {
    return completed_orders + cancelled_orders === this.ledger.sent.size + this.book.orders.length;
  }

  async metrics(of = this.apis[0]): Promise<Answer['body']> {
    return (await get(`${of?.url}/metrics`)).body;
  }

  query<Row>(sql: string): Promise<Row[]> {
    return withDatabase(this.databaseUrl, (query) => query<Row>(sql));
  }

  /** As `Ledger.findings`. */
  findings(overlap = 0, overtaken = 0): Promise<Finding[]> {
    return this.ledger.findings(this.databaseUrl, overlap, overtaken);
  }

  /** The same of what the clients of `useEveryRoute` know. */
  async routeFindings(overlap = 0, overtaken = 0): Promise<Finding[]> {
    const findings = await withDatabase(this.databaseUrl, (query) => check(query, this.book.within(overlap)));
    return findings.filter(({ check: name, count }) => count > (name === OUT_OF_TURN ? overtaken : 0));
  }

  /** Leaves no process behind, not even one that is only starting. */
  async kill(): Promise<void> {
    this.#isOver = true;
    await Promise.allSettled(this.#starts);
    await Promise.all([...this.apis, ...this.workers].map((process) => process.kill()));
  }

  async #add(ROLE: 'api' | 'worker', environment: Environment = {}): Promise<void> {
    const start = ServerProcess.start({
      PORT: await freePort(),
      ...this.#environment,
      ROLE,
      ...environment,
    }).then((process) => void (ROLE === 'api' ? this.apis : this.workers).push(process));
    this.#starts.push(start);
    await start;
  }

  async #postBatch(api: ServerProcess, ids: string[]): Promise<void> {
    for (const id of ids) this.ledger.send(id);
    for (let left = ids; left.length > 0;) {
      const orders = left.map((order_id) => ({ order_id, user_id: 'u', item_ids: ['i'], total_amount: 1 }));
      const { body } = await post(`${api.url}/orders/batch`, { orders });
      const results: { order_id: string; status_code: number }[] = body.results;
      left = results
        .filter(({ order_id, status_code }) => !this.ledger.note(order_id, status_code, null))
        .map(({ order_id }) => order_id);
    }
  }
}
