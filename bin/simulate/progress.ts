import { Presets, SingleBar } from 'cli-progress';
import type { Watcher } from './watcher.ts';

const { stdout } = process;

const FORMAT = '[{bar}] completed {value}/{total}, processing {processing}, accepted {accepted}, {rate}/s';

/** Characters, so that the rest fits into a terminal of 80. */
const BAR = 16;

/** The rate is of at least so long, once there was so much time. */
const RATE_MS = 1000;

/** How far the orders are, until the end of its scope: a bar on a terminal; otherwise a line for every tenth. */
export class Progress implements Disposable {
  readonly #watcher: Watcher;
  readonly #total: number;
  readonly #bar: SingleBar;
  #shownTenth = -1;
  #rate = 0;
  #since = { at: performance.now(), completed: 0 };

  constructor(watcher: Watcher, total: number) {
    this.#watcher = watcher;
    this.#total = total;
    // shows nothing but on a terminal; linewrap: otherwise a Ctrl-C would leave the terminal without
    this.#bar = new SingleBar(
      { stream: stdout, format: FORMAT, barsize: BAR, linewrap: true },
      Presets.shades_classic,
    );
    this.#bar.start(total, 0, this.#figures(0));
    watcher.onChange = () => this.#show();
    this.#show();
  }

  /** The bar's timer would keep the process running. */
  [Symbol.dispose](): void {
    this.#watcher.onChange = () => undefined;
    this.#bar.stop();
  }

  #show(): void {
    const completed = this.#watcher.count('Completed');
    const figures = this.#figures(completed);
    this.#bar.update(completed, figures);
    const tenth = Math.floor((10 * completed) / Math.max(this.#total, 1));
    if (stdout.isTTY || tenth <= this.#shownTenth) return;
    this.#shownTenth = tenth;
    const { accepted, processing, rate } = figures;
    stdout.write(
      `completed ${completed}/${this.#total}, processing ${processing}, accepted ${accepted}, ${rate}/s\n`,
    );
  }

  #figures(completed: number): { accepted: number; processing: number; rate: string } {
    const now = performance.now();
    const elapsedMs = now - this.#since.at;
    const isFirst = this.#since.completed === 0;
    if (elapsedMs >= RATE_MS || isFirst)
      this.#rate = ((completed - this.#since.completed) * 1000) / elapsedMs;
    if (elapsedMs >= RATE_MS) this.#since = { at: now, completed };
    const { accepted } = this.#watcher;
    return { accepted, processing: this.#watcher.count('Processing'), rate: this.#rate.toFixed(0) };
  }
}
