import { Presets, SingleBar } from 'cli-progress';

const LINE_EVERY_MS = 10_000;

const { stdout } = process;

/** How far a pass over the orders is: a bar on a terminal; otherwise a line for each tenth, and now and then. */
export class Progress implements Disposable {
  // shows nothing but on a terminal; linewrap: otherwise an interrupted copy would leave the terminal without
  readonly #bar = new SingleBar(
    {
      stream: stdout,
      format: '{verb} [{bar}] {value}/{total} orders · {rate}/s · {eta} s left',
      linewrap: true,
    },
    Presets.shades_classic,
  );
  readonly #startedMs = performance.now();
  #shownMs = performance.now();
  #shownTenth = 0;
  #done = 0;

  constructor(
    private readonly verb: string,
    private readonly total: number,
  ) {
    this.#bar.start(total, 0, { verb, rate: 0 });
  }

  add(orders: number): void {
    this.#done += orders;
    this.#bar.update(this.#done, { rate: this.#rate });
    const tenth = Math.floor((10 * this.#done) / Math.max(this.total, 1));
    const isDue = tenth > this.#shownTenth || performance.now() - this.#shownMs > LINE_EVERY_MS;
    if (stdout.isTTY || !isDue) return;
    this.#shownTenth = tenth;
    this.#shownMs = performance.now();
    const left = Math.ceil(Math.max(0, this.total - this.#done) / Math.max(this.#rate, 1));
    stdout.write(`${this.verb} ${this.#done}/${this.total} orders · ${this.#rate}/s · ${left} s left\n`);
  }

  /** @returns how long it took */
  end(): string {
    this[Symbol.dispose]();
    return `${this.#seconds.toFixed(1)} s (${this.#rate} orders/s)`;
  }

  /** The bar's timer would keep the process running. */
  [Symbol.dispose](): void {
    this.#bar.stop();
  }

  get #seconds(): number {
    return (performance.now() - this.#startedMs) / 1000;
  }

  get #rate(): number {
    return Math.round(this.#done / Math.max(this.#seconds, 0.001));
  }
}
