const WIDTH = 40;
const { stdout } = process;

/** How far a phase is: a bar that redraws itself on a terminal; otherwise a line for every tenth. */
export class Progress {
  readonly #phase: string;
  readonly #total: number;
  #shown = -1;

  constructor(phase: string, total: number) {
    this.#phase = phase;
    this.#total = total;
    this.show(0);
  }

  show(done: number): void {
    const steps = stdout.isTTY ? this.#total : 10;
    const step = Math.floor((steps * done) / this.#total);
    if (step <= this.#shown) return;
    this.#shown = step;
    const text = `${this.#phase.padEnd(10)} ${done}/${this.#total}`;
    if (!stdout.isTTY) return void stdout.write(`${text}\n`);
    const filled = Math.round((WIDTH * done) / this.#total);
    stdout.write(`\r[${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}] ${text}`);
  }

  end(): void {
    if (stdout.isTTY) stdout.write('\n');
  }
}
