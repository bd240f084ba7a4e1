import type { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface.js';

/** For pages of these origins. A key is sent by scripts and not by browsers, so nothing is sent along by itself. */
export function corsOptions(origins: string): CorsOptions {
  return {
    origin: origins.toLowerCase().split(','),
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'Last-Event-ID', 'X-Request-Id'],
    exposedHeaders: [
      'Idempotent-Replayed',
      'Location',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'Retry-After',
      'WWW-Authenticate',
      'X-Request-Id',
    ],
    maxAge: 600,
  };
}
