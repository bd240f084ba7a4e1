import { setTimeout as wait } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

/** Node's longest timer. A longer one fires after this time. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The time that decides what becomes of an order: orders, queue and processing read it, wait for it, and wait for turns of
 * the event loop, by this class only. So a test can stop the time, and the simulation decides what happens next.
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

  /** Calls `fire` once, `ms` from now. @returns cancels it */
  timer(ms: number, fire: () => void): () => void {
    const timer = setTimeout(fire, Math.min(ms, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  }

  /** Calls `fire` every `ms`. @returns stops it */
  every(ms: number, fire: () => void): () => void {
    const timer = setInterval(fire, ms);
    return () => clearInterval(timer);
  }

  /** Waits `ms`. @throws AbortError when `signal` is aborted before */
  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    await wait(ms, undefined, signal && { signal });
  }

  /** Resolves at the end of this turn of the event loop. */
  turn(): Promise<void> {
    return new Promise(setImmediate);
  }
}
