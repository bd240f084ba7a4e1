import type { ThrottlerStorage } from '@nestjs/throttler';
import type { RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';

/** Lets rate-limiter-flexible count what @nestjs/throttler asks for: its own storage looks at every request of the window. */
export class LimiterStorage implements ThrottlerStorage {
  constructor(private readonly limiter: RateLimiterAbstract) {}

  async increment(key: string, _ttl: number, limit: number) {
    const { isBlocked, result } = await this.#consume(key);
    const seconds = Math.ceil(result.msBeforeNext / 1000);
    return {
      totalHits: isBlocked ? limit + 1 : result.consumedPoints,
      timeToExpire: seconds,
      isBlocked,
      timeToBlockExpire: seconds,
    };
  }

  /** The limiter throws its result when there were too many; then it may not say how many. */
  async #consume(key: string): Promise<{ isBlocked: boolean; result: RateLimiterRes }> {
    try {
      return { isBlocked: false, result: await this.limiter.consume(key) };
    } catch (refused) {
      if (refused instanceof Error) throw refused;
      return { isBlocked: true, result: refused as RateLimiterRes }; // the only other thing that it throws
    }
  }
}
