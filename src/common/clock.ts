import { setTimeout as wait } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

/** A timer cannot be set further ahead; one that is to end later ends then. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The time, and all waiting for it. The only place that reads it, and that asks the event loop for a turn, so that a test
 * can hold it still and a simulation decides what comes next.
 */
@Injectable()
export class Clock {
  /** The present instant: milliseconds since 1970-01-01T00:00Z. May step back when the host's clock is set. */
  now(): number {
    return Date.now();
  }

  /** Milliseconds on a clock that never steps back; only differences of it mean anything. Timers go by it. */
  monotonicMs(): number {
    return performance.now();
  }

  /** Calls `fire` once, `ms` from now. @returns what calls that off */
  timer(ms: number, fire: () => void): () => void {
    const timer = setTimeout(fire, Math.min(ms, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  }

  /** Calls `fire` every `ms`. @returns what ends that */
  every(ms: number, fire: () => void): () => void {
    const timer = setInterval(fire, ms);
    return () => clearInterval(timer);
  }

  /** @throws AbortError when `signal` is aborted before */
  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    await wait(ms, undefined, signal && { signal });
  }

  /** Resolves at the end of this turn of the event loop. */
  turn(): Promise<void> {
    return new Promise(setImmediate);
  }
}
