import { Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { CONFIG, type Config } from '../config.js';
import { KeysModule } from '../keys/keys.module.js';
import { LimiterStorage } from './limiter.storage.js';
import { Limiters, WINDOW_MS } from './limiters.js';

@Module({ providers: [Limiters], exports: [Limiters] })
class LimitersModule {}

/** How many requests a client may make. `ClientThrottlerGuard` is put before all others by `AppModule`. */
@Module({
  imports: [
    KeysModule,
    ThrottlerModule.forRootAsync({
      imports: [LimitersModule],
      inject: [CONFIG, Limiters],
      useFactory: async ({ RATE_LIMIT_PER_MINUTE: limit }: Config, limiters: Limiters) => ({
        throttlers: [{ limit, ttl: WINDOW_MS }],
        ...(limit > 0 && { storage: new LimiterStorage(await limiters.create()) }),
        errorMessage: `More than ${limit} requests in a minute; please wait as long as Retry-After says.`,
      }),
    }),
  ],
  exports: [KeysModule, ThrottlerModule],
})
export class ThrottlingModule {}
