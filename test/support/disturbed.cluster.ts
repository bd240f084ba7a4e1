import { setTimeout as wait } from 'node:timers/promises';
import { check, type Finding } from '../../chaos/checker.js';
import { Book } from '../../chaos/clients/book.js';
import { Clients } from '../../chaos/clients/clients.js';
import { between, choose, seeded, type Random } from '../../chaos/random.js';
import { Receiver } from '../../chaos/receiver.js';
import { get, until } from './client.js';
import { withEvidence } from './evidence.js';
import { Proxy } from './proxy.js';
import { ServerProcess } from './server.js';

/** One process, with a network of its own between it and the database. */
export interface Member {
  server: ServerProcess;
  proxy: Proxy;
}

const LEASE_MS = 500;
const TIMEOUT_MS = 1000;
const RATE = 200;

/** Disturbances last about as long as a lease. */
const [SHORTEST_MS, LONGEST_MS] = [LEASE_MS / 4, 3 * LEASE_MS];
const LONGEST_DELAY_MS = 50;
const PATIENCE_MS = 40_000;

/** Its number among the members: those before it accept. */
const FIRST_WORKER = 2;

/**
 * Two that accept, the second only while few orders wait, and two that process, over one database. Processes and their
 * connections are disturbed at random moments, while clients use every route and a receiver counts executions.
 */
export class DisturbedCluster {
  readonly members: Member[] = [];
  readonly book: Book;
  /** What went wrong other than in the database. */
  readonly troubles: string[] = [];
  readonly #random: Random;
  readonly #clients: Clients;
  readonly #receiver: Receiver;

  private constructor(
    private readonly databaseUrl: string,
    seed: number,
  ) {
    this.#random = seeded(seed);
    this.#receiver = new Receiver(seeded(seed + 1));
    this.book = new Book(
      (first, second) => first.acceptedAt < second.sentAt,
      (id) => this.#receiver.hasRefused(id),
    );
    this.#clients = new Clients({ rate: RATE, seed: seed + 2, book: this.book, servers: 2 });
  }

  /** @param mostPending of the second that accepts */
  static async start(databaseUrl: string, seed: number, mostPending = 100): Promise<DisturbedCluster> {
    const cluster = new DisturbedCluster(databaseUrl, seed);
    await cluster.#receiver.listen();
    await cluster.#add({ ROLE: 'api' });
    await cluster.#add({ ROLE: 'api', QUEUE_MAX_PENDING: mostPending });
    await cluster.#add({ ROLE: 'worker' });
    await cluster.#add({ ROLE: 'worker' });
    return cluster;
  }

  get apis(): Member[] {
    return this.members.slice(0, FIRST_WORKER);
  }

  get workers(): Member[] {
    return this.members.slice(FIRST_WORKER);
  }

  /** Clients come, `count` disturbances go by, two at a time; then everything goes on, and comes to its end. */
  async run(count: number): Promise<void> {
    this.apis.forEach(({ server }, index) => this.#clients.connect(server.url, index));
    this.#clients.start();
    await this.#loseLease();
    const each = Math.ceil(count / 2);
    await Promise.all([this.#disturb(each), this.#disturb(each)]);
    await this.#inTime(
      this.#clients.finish(),
      () => `${this.#clients.waiting} requests get no answer but 503`,
    );
    await this.#inTime(this.drained(), () => 'orders do not come to an end');
    for (const [index] of this.apis.entries()) await this.#clients.disconnect(index);
    for (const { server } of this.members) {
      const code = await server.stop();
      if (code !== 0) this.troubles.push(`stopped with ${code}:\n${server.log.slice(-20).join('\n')}`);
    }
  }

  /** Resolves when nothing is left to be processed. */
  async drained(): Promise<void> {
    const open = async () => {
      const { body } = await get(`${this.apis[0]?.server.url}/metrics`);
      return body.pending_orders + body.processing_orders;
    };
    await until(open, (orders) => orders === 0, PATIENCE_MS);
  }

  /** What the checker, the receiver and the clients have against it. */
  async findings(): Promise<Finding[]> {
    const overlap = Math.ceil((RATE * (LONGEST_MS + 2000)) / 1000); // what came late is passed by what came in that time
    const findings = await withEvidence(this.databaseUrl, async (query) => [
      ...(await check(query, this.book.within(overlap))),
      ...(await this.#receiver.check(query)),
    ]);
    return findings.filter(({ count }) => count > 0);
  }

  /** Leaves nothing behind. */
  async end(): Promise<void> {
    void this.#clients.finish();
    for (const [index] of this.apis.entries()) void this.#clients.disconnect(index);
    for (const { server, proxy } of this.members) {
      server.process.kill('SIGCONT');
      await server.kill();
      proxy.close();
    }
    this.#receiver.close();
  }

  async #add(environment: Record<string, string | number>): Promise<void> {
    const proxy = await Proxy.open(this.databaseUrl);
    const server = await ServerProcess.start({
      DATABASE_URL: proxy.url,
      DATABASE_TIMEOUT_MS: TIMEOUT_MS,
      LEASE_MS,
      PROCESSOR: 'http',
      PROCESSOR_URL: this.#receiver.url(this.members.length),
      PROCESSOR_CONCURRENCY: 20,
      MAX_ATTEMPTS: 100,
      RETRY_BACKOFF_MS: 100,
      RETRY_BACKOFF_MAX_MS: 1000,
      ...environment,
    });
    this.members.push({ server, proxy });
  }

  /** A worker with orders stands still until others have taken them, even if it stands still in a transaction. */
  async #loseLease(): Promise<void> {
    const standStill = async () => {
      await until(async () => this.#receiver.isBusyFor(FIRST_WORKER), Boolean, PATIENCE_MS);
      this.workers[0]?.server.process.kill('SIGSTOP');
      await wait(TIMEOUT_MS + 2 * LEASE_MS);
      this.workers[0]?.server.process.kill('SIGCONT');
      return withEvidence(this.databaseUrl, (query) =>
        query(`SELECT id FROM order_history WHERE reason = 'interrupted'`),
      );
    };
    await until(standStill, (interruptions) => interruptions.length > 0, PATIENCE_MS);
  }

  /** One thing after the other happens to one member after the other. */
  async #disturb(count: number): Promise<void> {
    for (let done = 0; done < count; done++) {
      const { server, proxy } = choose(
        this.#random,
        this.members.map((member) => [1, member] as const),
      );
      const kind = choose(this.#random, [
        [4, 'pause'],
        [3, 'stall'],
        [2, 'stall and cut'],
        [2, 'cut'],
        [1, 'delay'],
      ] as const);
      const lastsMs = between(this.#random, SHORTEST_MS, LONGEST_MS);
      if (kind === 'pause') server.process.kill('SIGSTOP');
      if (kind === 'stall' || kind === 'stall and cut') proxy.stall();
      if (kind === 'delay') proxy.delay(between(this.#random, 1, LONGEST_DELAY_MS));
      if (kind !== 'cut') await wait(lastsMs);
      if (kind === 'stall and cut' || kind === 'cut') proxy.cut();
      proxy.resume();
      server.process.kill('SIGCONT');
      await wait(between(this.#random, 0, SHORTEST_MS));
    }
  }

  async #inTime(work: Promise<void>, trouble: () => string): Promise<void> {
    const late = wait(PATIENCE_MS, 'late', { ref: false });
    const outcome = await Promise.race([work.catch((error: unknown) => String(error)), late]);
    if (outcome !== undefined) this.troubles.push(`${trouble()}: ${outcome}`);
  }
}
