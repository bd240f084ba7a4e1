import { Redis } from 'ioredis';
import { Daemon, isInstalled } from './daemon.js';
import { freePort } from './ports.js';

/** A Redis of a test's own, which keeps nothing on the disk: killed and started again, it is empty. */
export class OwnRedis {
  readonly #daemon: Daemon;

  private constructor(private readonly port: number) {
    const parameters = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    this.#daemon = new Daemon('redis-server', parameters, () =>
      this.#do((redis) => redis.ping()).then(() => true),
    );
  }

  static isPossible(): boolean {
    return isInstalled('redis-server');
  }

  /** Not started yet. */
  static async create(): Promise<OwnRedis> {
    return new OwnRedis(await freePort());
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  start(): Promise<void> {
    return this.#daemon.start();
  }

  kill(): Promise<void> {
    return this.#daemon.stop('SIGKILL');
  }

  /** Loses everything, as an operator's FLUSHALL would. */
  async flush(): Promise<void> {
    await this.#do((redis) => redis.flushall());
  }

  async #do(use: (redis: Redis) => Promise<unknown>): Promise<void> {
    const redis = new Redis(this.url, {
      lazyConnect: true,
      retryStrategy: () => null,
      disconnectTimeout: 100,
    });
    redis.on('error', () => undefined); // connect() rejects too
    try {
      await redis.connect();
      await use(redis);
    } finally {
      redis.disconnect();
    }
  }
}
