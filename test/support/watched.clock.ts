import { Clock } from '../../src/common/clock.js';

/** The real clock, which tells what was asked of it. */
export class WatchedClock extends Clock {
  /** How often somebody waited for the end of a turn of the event loop. */
  turns = 0;
  /** How often somebody waited for a time. */
  waits = 0;
  /** How long each timer was that was ever set, in milliseconds. */
  readonly setMs: number[] = [];
  readonly #timers = new Map<symbol, number>();

  /** How long each timer is, in milliseconds, that was neither called off nor has fired. */
  get timersMs(): number[] {
    return [...this.#timers.values()];
  }

  override timer(ms: number, fire: () => void): () => void {
    const end = this.#begin(ms);
    const callOff = super.timer(ms, () => {
      end();
      fire();
    });
    return () => {
      end();
      callOff();
    };
  }

  override every(ms: number, fire: () => void): () => void {
    const end = this.#begin(ms);
    const callOff = super.every(ms, fire);
    return () => {
      end();
      callOff();
    };
  }

  override wait(ms: number, signal?: AbortSignal): Promise<void> {
    this.waits++;
    return super.wait(ms, signal);
  }

  override turn(): Promise<void> {
    this.turns++;
    return super.turn();
  }

  #begin(ms: number): () => void {
    const timer = Symbol('timer');
    this.#timers.set(timer, ms);
    this.setMs.push(ms);
    return () => void this.#timers.delete(timer);
  }
}
