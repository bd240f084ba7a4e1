import { Clock } from '../../src/common/clock.js';

/** The real clock, with which a test can do something, and be waited for, while one turn of the event loop ends. */
export class InterruptedClock extends Clock {
  #interrupt: (() => Promise<unknown>) | undefined;

  interruptNext(act: () => Promise<unknown>): void {
    this.#interrupt = act;
  }

  override async turn(): Promise<void> {
    await super.turn();
    const act = this.#interrupt;
    this.#interrupt = undefined;
    await act?.();
  }
}
