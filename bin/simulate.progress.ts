import { Presets, SingleBar } from 'cli-progress';

const { stdout } = process;

/** How far a phase is, until the end of its scope: a bar on a terminal; otherwise a line for every tenth. */
export class Progress implements Disposable {
  readonly #bar: SingleBar;
  readonly #phase: string;
  readonly #total: number;
  #shownTenth = -1;

  constructor(phase: string, total: number) {
    this.#phase = phase.padEnd(10);
    this.#total = total;
    const format = `[{bar}] ${this.#phase} {value}/{total}`;
    // shows nothing but on a terminal; linewrap: otherwise a Ctrl-C would leave the terminal without
    this.#bar = new SingleBar({ stream: stdout, format, linewrap: true }, Presets.shades_classic);
    this.#bar.start(total, 0);
    this.show(0);
  }

  show(done: number): void {
    this.#bar.update(done);
    const tenth = Math.floor((10 * done) / Math.max(this.#total, 1));
    if (stdout.isTTY || tenth <= this.#shownTenth) return;
    this.#shownTenth = tenth;
    stdout.write(`${this.#phase} ${done}/${this.#total}\n`);
  }

  /** The bar's timer would keep the process running. */
  [Symbol.dispose](): void {
    this.#bar.stop();
  }
}
