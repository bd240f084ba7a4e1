import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { BullmqQueueDriver } from '../../src/queue/bullmq.driver.js';
import { BullmqQueue } from '../../src/queue/bullmq.queue.js';
import type { QueueEntry } from '../../src/queue/queue.driver.js';
import { until } from './client.js';

const URL_OF_REDIS = process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379';

/** Suites run side by side, and each that starts servers on Redis has a database of its own. */
const DATABASE_OF = { cluster: 9, rollingRestart: 10, worker: 11 };

/** Empties a suite's database of Redis. @returns its URL */
export async function emptyRedis(suite: keyof typeof DATABASE_OF): Promise<string> {
  const url = new URL(`/${DATABASE_OF[suite]}`, URL_OF_REDIS).href;
  const client = new Redis(url, { disconnectTimeout: 100 });
  await client.flushdb();
  client.disconnect();
  return url;
}

/** Whether Redis answers. With `CI=true` one that does not is an error: no suite is skipped there. */
export async function isRedisThere(): Promise<boolean> {
  const client = new Redis(URL_OF_REDIS, {
    lazyConnect: true,
    disconnectTimeout: 100,
    retryStrategy: () => null,
  });
  client.on('error', () => undefined); // connect() rejects too
  try {
    await client.connect();
    return true;
  } catch (error) {
    const message = `Redis is not at ${URL_OF_REDIS} (TEST_REDIS_URL): ${(error as Error).message}`;
    if (process.env['CI'] === 'true') throw new Error(message, { cause: error });
    process.stderr.write(`skipped: ${message}\n`);
    return false;
  } finally {
    client.disconnect();
  }
}

/** Drivers on queues of their own, and what else a test does to Redis. `clean` closes and removes everything. */
export class RedisBench {
  readonly #drivers: BullmqQueueDriver[] = [];
  readonly #names = new Set<string>();
  #client: Redis | undefined;

  /** A queue's name that nobody else uses. */
  name(): string {
    return `test-${randomBytes(6).toString('hex')}`;
  }

  /** A connected driver. */
  async driver(options: { name?: string; capacity?: number; lockMs?: number } = {}, url = URL_OF_REDIS) {
    const { name = this.name() } = options;
    this.#names.add(name);
    const driver = new BullmqQueueDriver(url, { ...options, name });
    this.#drivers.push(driver);
    await until(async () => driver.isReady);
    return driver;
  }

  /** Loses a queue, as FLUSHALL would. */
  async lose(name: string): Promise<void> {
    this.#client ??= new Redis(URL_OF_REDIS, { disconnectTimeout: 100 });
    const keys = await this.#client.keys(`ordermill:${name}:*`);
    if (keys.length > 0) await this.#client.del(...keys);
  }

  /** Claims an entry as a process does that then dies: nobody renews its lock. */
  async claimAndDie(name: string, entry: QueueEntry, lockMs: number): Promise<void> {
    this.#names.add(name);
    const ready = Promise.withResolvers<void>();
    const queue = new BullmqQueue(URL_OF_REDIS, name, lockMs, ready.resolve);
    await ready.promise;
    await queue.add([entry]);
    const { jobs } = await queue.claim(1);
    if (jobs.length === 0) throw new Error('there was nothing to claim');
    await queue.close(Promise.resolve());
  }

  /** The lock of a claimed entry runs out. */
  async loseLock(name: string, id: number): Promise<void> {
    this.#client ??= new Redis(URL_OF_REDIS, { disconnectTimeout: 100 });
    const removed = await this.#client.del(`ordermill:${name}:order-${id}:lock`);
    if (removed === 0) throw new Error(`entry ${id} had no lock`);
  }

  async clean(): Promise<void> {
    await Promise.all(this.#drivers.splice(0).map((driver) => driver.onApplicationShutdown()));
    for (const name of this.#names) await this.lose(name);
    this.#names.clear();
    this.#client?.disconnect();
    this.#client = undefined;
  }
}
