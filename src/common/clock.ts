import { Injectable } from '@nestjs/common';

/** The time. The only place that reads it, so that a test can hold it still. */
@Injectable()
export class Clock {
  /** The present instant: milliseconds since 1970-01-01T00:00Z. May step back when the host's clock is set. */
  now(): number {
    return Date.now();
  }

  /** Milliseconds on a clock that never steps back; only differences of it mean anything. */
  monotonicMs(): number {
    return performance.now();
  }
}
