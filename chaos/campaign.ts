import { setTimeout as wait } from 'node:timers/promises';
import { Clients } from './clients.ts';
import { seeded, type Random } from './random.ts';
import { Receiver } from './receiver.ts';
import { Server } from './server.ts';

export interface CampaignOptions {
  kills: number;
  /** Orders a second. */
  rate: number;
  seed: number;
  databaseUrl: string;
  processor: 'simulated' | 'http';
  /** Told after each kill. */
  onKill?: (kill: number) => void;
}

const WORK_MS = 20;

/** How long a server lives at most after it became ready; its age makes no difference to what a kill can break. */
const LONGEST_LIFE_MS = 1000;
const JUST_READY_MS = 100;

/** An order that was interrupted again and again waits up to a minute; no end after this is no progress. */
const PATIENCE_MS = 90_000;

/** Clients post, the server is killed at random moments and started again at once, until all kills are made. */
export class Campaign {
  readonly clients: Clients;
  readonly receiver: Receiver | undefined;
  readonly lives: Server[] = [];
  /** What went wrong other than in the database. */
  readonly troubles: string[] = [];
  readonly #options: CampaignOptions;
  readonly #random: Random;
  #isEnding = false;

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#random = seeded(options.seed);
    this.clients = new Clients(options.rate, seeded(options.seed + 1), `chaos-${options.seed}`);
    if (options.processor === 'http') this.receiver = new Receiver(seeded(options.seed + 2));
  }

  /** Makes no more kills: `run` comes to its end, and what was done is checked. */
  endEarly(): void {
    this.#isEnding = true;
  }

  async run(): Promise<void> {
    process.once('exit', () => void this.lives.at(-1)?.kill()); // it must not outlive a campaign that is broken off
    await this.receiver?.listen();
    this.clients.start();
    for (let kill = 1; kill <= this.#options.kills && !this.#isEnding; kill++) {
      const server = this.#start();
      await this.#moment(server);
      if (server.endedAt > 0) this.troubles.push(`the server ended by itself:\n${server.log}`);
      await server.kill();
      await this.clients.disconnect();
      this.#options.onKill?.(kill);
    }
    await this.#finish(this.#start());
    this.receiver?.close();
  }

  #start(): Server {
    const server = new Server({
      DATABASE_URL: this.#options.databaseUrl,
      PROCESSOR: this.#options.processor,
      PROCESSOR_URL: this.receiver?.url(this.lives.length) ?? '',
      PROCESSING_TIME_MS: String(WORK_MS),
      PROCESSOR_CONCURRENCY: '50',
      MAX_ATTEMPTS: '100',
      RETRY_BACKOFF_MS: '100',
      RETRY_BACKOFF_MAX_MS: '1000',
    });
    this.lives.push(server);
    void server.ready.then((url) => url && this.clients.connect(url));
    return server;
  }

  /** Resolves at the moment to kill: a quarter while it starts, a quarter just after it became ready, else under load. */
  async #moment(server: Server): Promise<void> {
    const [which, when] = [this.#random(), this.#random()];
    if (which < 0.25) {
      const usualMs = this.lives.findLast(({ readyAt }) => readyAt > 0)?.readyAfterMs ?? 1000;
      return wait(when * usualMs);
    }
    await server.ready;
    await wait(when * (which < 0.5 ? JUST_READY_MS : LONGEST_LIFE_MS));
  }

  async #finish(server: Server): Promise<void> {
    const url = await server.ready;
    if (!url) return void this.troubles.push(`the server did not start:\n${server.log}`);
    await this.clients.finish();
    await this.#untilDone(url);
    const code = await server.stop();
    if (code !== 0) this.troubles.push(`the last stop ended with ${code}:\n${server.log}`);
    await this.clients.disconnect();
  }

  async #untilDone(url: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const metrics = (await (await fetch(`${url}/metrics`)).json()) as Record<string, number>;
      const open = Number(metrics['pending_orders']) + Number(metrics['processing_orders']);
      if (open === 0) return;
      if (performance.now() > deadline)
        return void this.troubles.push(`${open} orders do not come to an end`);
      await wait(50);
    }
  }
}
