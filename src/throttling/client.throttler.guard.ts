import { hash } from 'node:crypto';
import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerLimitDetail } from '@nestjs/throttler';
import { CONFIG, type Config } from '../config.js';
import { accessOf } from '../http/access/access.decorators.js';
import type { KeyedRequest } from '../keys/api.key.js';
import { Authentication } from '../keys/authentication.js';

/** Hexadecimal digits of the digest of an address: addresses share 65,536 counters, so that no number of them fills memory. */
const BUCKET_DIGITS = 4;

const ADMITTED = Promise.resolve(true);

/** Lets each client make RATE_LIMIT_PER_MINUTE requests: each API key, and each address that comes without a valid one. */
@Injectable()
export class ClientThrottlerGuard extends ThrottlerGuard {
  @Inject(CONFIG) private readonly config!: Pick<Config, 'RATE_LIMIT_PER_MINUTE'>;
  @Inject(Authentication) private readonly authentication!: Authentication;

  /** The names of draft-ietf-httpapi-ratelimit-headers-06. */
  protected override headerPrefix = 'RateLimit';

  override canActivate(context: ExecutionContext): Promise<boolean> {
    return this.config.RATE_LIMIT_PER_MINUTE === 0 ? ADMITTED : super.canActivate(context);
  }

  /** Health is asked for by probes, which count for nobody. */
  protected override async shouldSkip(context: ExecutionContext): Promise<boolean> {
    return accessOf(this.reflector, context) === 'public';
  }

  protected override async getTracker(request: KeyedRequest): Promise<string> {
    const key = this.authentication.isOpen ? undefined : await this.authentication.tryAuthenticate(request);
    if (key) return `key:${key.id}`;
    const address = await super.getTracker(request);
    return `address:${hash('sha256', address).slice(0, BUCKET_DIGITS)}`;
  }

  /** One count for all routes. */
  protected override generateKey(_context: ExecutionContext, tracker: string): string {
    return tracker;
  }

  /** Says on a refusal, too, what the limit is. */
  protected override throwThrottlingException(
    context: ExecutionContext,
    detail: ThrottlerLimitDetail,
  ): Promise<void> {
    const { res } = this.getRequestResponse(context);
    this.setResponseHeader(res, `${this.headerPrefix}-Limit`, detail.limit);
    this.setResponseHeader(res, `${this.headerPrefix}-Remaining`, 0);
    this.setResponseHeader(res, `${this.headerPrefix}-Reset`, detail.timeToBlockExpire);
    return super.throwThrottlingException(context, detail);
  }
}
