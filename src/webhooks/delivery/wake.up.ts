import type { Clock } from '../../common/clock.js';

/** Lets a loop rest until there is news for it. News that comes while it works is not lost. */
export class WakeUp {
  #isNews = false;
  #awake: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  wake(): void {
    this.#isNews = true;
    this.#awake?.();
  }

  /** Resolves at the next news, also if it came since the last rest, or after `ms`. */
  async rest(ms: number): Promise<void> {
    if (!this.#isNews)
      await new Promise<void>((resolve) => {
        const cancel = this.clock.timer(ms, resolve);
        this.#awake = () => {
          cancel();
          resolve();
        };
      });
    this.#awake = undefined;
    this.#isNews = false;
  }
}
