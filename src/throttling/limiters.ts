import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { CONFIG, type Config } from '../config.js';

export const WINDOW_MS = 60_000;

/** A Redis that is slower is not waited for. */
const REDIS_TIMEOUT_MS = 200;

const RECONNECT_MS = 1000;

/** Makes what counts requests: in Redis for all processes where there is one for the queue, else in this process. */
@Injectable()
export class Limiters implements OnApplicationShutdown {
  #redis: Redis | undefined;

  constructor(
    @Inject(CONFIG)
    private readonly config: Pick<Config, 'QUEUE_DRIVER' | 'REDIS_URL' | 'RATE_LIMIT_PER_MINUTE'>,
  ) {}

  /** Packages are loaded only where they are used. */
  async create(): Promise<RateLimiterAbstract> {
    const { RateLimiterMemory, RateLimiterRedis } = await import('rate-limiter-flexible');
    const points = this.config.RATE_LIMIT_PER_MINUTE;
    const options = { points, duration: WINDOW_MS / 1000 };
    const here = new RateLimiterMemory(options);
    if (this.config.QUEUE_DRIVER === 'memory') return here;
    this.#redis = await connect(this.config.REDIS_URL);
    return new RateLimiterRedis({
      ...options,
      storeClient: this.#redis,
      keyPrefix: 'ordermill:rate',
      rejectIfRedisNotReady: true,
      insuranceLimiter: here, // while Redis is away each process counts for itself
    });
  }

  onApplicationShutdown(): void {
    this.#redis?.disconnect();
  }
}

async function connect(url: string): Promise<Redis> {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: REDIS_TIMEOUT_MS,
    disconnectTimeout: REDIS_TIMEOUT_MS,
    retryStrategy: (times) => Math.min(times * 50, RECONNECT_MS),
  });
  return redis.on('error', () => undefined); // the queue reports it
}
