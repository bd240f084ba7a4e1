const LINE_EVERY_MS = 10_000;

/** How far a pass over the orders is: one line that rewrites itself on a terminal; otherwise one for each tenth, and now and then. */
export class Progress {
  readonly #startedMs = performance.now();
  #shownMs = performance.now();
  #shownTenth = 0;
  #done = 0;

  constructor(
    private readonly verb: string,
    private readonly total: number,
  ) {}

  add(orders: number): void {
    this.#done += orders;
    const { isTTY } = process.stdout;
    const tenth = Math.floor((10 * this.#done) / Math.max(this.total, 1));
    const isDue = tenth > this.#shownTenth || performance.now() - this.#shownMs > LINE_EVERY_MS;
    if (!isTTY && !isDue) return;
    this.#shownTenth = tenth;
    this.#shownMs = performance.now();
    const left = Math.ceil(Math.max(0, this.total - this.#done) / Math.max(this.#rate, 1));
    const line = `${this.verb} ${this.#done}/${this.total} orders · ${this.#rate}/s · ${left} s left`;
    process.stdout.write(isTTY ? `\r${line.padEnd(79)}` : `${line}\n`);
  }

  /** @returns how long it took */
  end(): string {
    if (process.stdout.isTTY) process.stdout.write('\n');
    return `${this.#seconds.toFixed(1)} s (${this.#rate} orders/s)`;
  }

  get #seconds(): number {
    return (performance.now() - this.#startedMs) / 1000;
  }

  get #rate(): number {
    return Math.round(this.#done / Math.max(this.#seconds, 0.001));
  }
}
