import { setTimeout as wait } from 'node:timers/promises';
import { Book, type ClientOrder } from './clients/book.ts';
import { Clients } from './clients/clients.ts';
import { ClockSteps } from './clock.steps.ts';
import type { CampaignDatabase } from './database.ts';
import { seeded, type Random } from './random.ts';
import { Receiver } from './receiver.ts';
import { Server } from './server.ts';
import { stepBackUnderLoad } from './step.back.ts';
import { until } from './until.ts';
import { WebhookEndpoint } from './webhook.endpoint.ts';

export interface CampaignOptions {
  kills: number;
  /** Orders a second. */
  rate: number;
  seed: number;
  processor: 'simulated' | 'http';
  /** Whether the server's wall clock is stepped back and forth, while it runs and between its lives. */
  stepsClock: boolean;
  /** Told after each kill. */
  onKill?: (kill: number) => void;
}

const WORK_MS = 20;

/** On a server, what a killed process held is free after this; a short one, so that short lives see it taken back. */
const LEASE_MS = 500;

/** How long a server lives at most after it became ready; its age makes no difference to what a kill can break. */
const LONGEST_LIFE_MS = 1000;
const JUST_READY_MS = 100;
const CLOCK_STEP_MS = 300;

/** An order that was interrupted again and again waits up to a minute; no end after this is no progress. */
const PATIENCE_MS = 90_000;

/** The campaign goes on until each of these was answered at least once, however few the kills or slow the machine. */
const EVERY_ROUTE = [
  'order 201',
  'order 409',
  'order with a key 201',
  'order with a key 422',
  'slow order 201',
  'entry 201',
  'read 200',
  'cancel 200',
  'bulk retry 200',
];

/** Clients come and go, the server is killed at random moments and started again at once, until all kills are made. */
export class Campaign {
  readonly book: Book;
  readonly clients: Clients;
  readonly receiver: Receiver | undefined;
  readonly endpoint: WebhookEndpoint;
  readonly clock: ClockSteps | undefined;
  readonly lives: Server[] = [];
  /** What went wrong other than in the database. */
  readonly troubles: string[] = [];
  readonly #options: CampaignOptions;
  readonly #database: CampaignDatabase;
  readonly #random: Random;
  #isEnding = false;

  constructor(options: CampaignOptions, database: CampaignDatabase) {
    const { seed, rate } = options;
    this.#options = options;
    this.#database = database;
    this.#random = seeded(seed);
    this.receiver = options.processor === 'http' ? new Receiver(seeded(seed + 2)) : undefined;
    this.endpoint = new WebhookEndpoint(seeded(seed + 4));
    this.clock = options.stepsClock ? new ClockSteps(seeded(seed + 3)) : undefined;
    // what a killed process had sent to a server may be committed after its successor has begun
    const isBefore = database.isServer ? ({ isCreated }: ClientOrder) => isCreated : undefined;
    this.book = new Book(isBefore, (id) => this.receiver?.hasRefused(id) ?? false);
    this.clients = new Clients({ rate, seed: seed + 1, book: this.book });
  }

  /** Makes no more kills: `run` comes to its end, and what was done is checked. */
  endEarly(): void {
    this.#isEnding = true;
  }

  async run(): Promise<void> {
    process.once('exit', () => void this.lives.at(-1)?.kill()); // it must not outlive a campaign that is broken off
    await this.receiver?.listen();
    await this.endpoint.listen();
    const stepping = setInterval(() => this.#stepClock(), CLOCK_STEP_MS);
    this.clients.start();
    for (let kill = 1; kill <= this.#options.kills && !this.#isEnding; kill++) {
      const server = this.#start();
      await this.#moment(server);
      if (server.endedAt > 0) this.troubles.push(`the server ended by itself:\n${server.log}`);
      await server.kill();
      await this.clients.disconnect();
      this.#options.onKill?.(kill);
    }
    clearInterval(stepping);
    await this.#finish(this.#start());
    this.receiver?.close();
    this.endpoint.close();
  }

  #start(): Server {
    const environment = {
      DATABASE_URL: this.#database.url,
      LEASE_MS: String(LEASE_MS),
      PROCESSOR: this.#options.processor,
      PROCESSOR_URL: this.receiver?.url(this.lives.length) ?? '',
      PROCESSING_TIME_MS: String(WORK_MS),
      PROCESSOR_CONCURRENCY: '30',
      MAX_ATTEMPTS: '100',
      RETRY_BACKOFF_MS: '100',
      RETRY_BACKOFF_MAX_MS: '1000',
      WEBHOOK_TARGETS: 'any',
      WEBHOOK_CONCURRENCY: '30',
      WEBHOOK_TIMEOUT_MS: '1000',
      WEBHOOK_BACKOFF_MS: '100',
      WEBHOOK_BACKOFF_MAX_MS: '1000',
    };
    const server = new Server(environment, this.clock?.step());
    this.lives.push(server);
    void server.ready.then((url) => (url ? this.#connect(url) : undefined));
    return server;
  }

  /** The first orders come when the endpoint is registered, so that it is told of all. */
  async #connect(url: string): Promise<void> {
    try {
      if (!this.endpoint.isRegistered) await this.endpoint.register(url);
      if (this.lives.at(-1)?.isKilled === false) this.clients.connect(url);
    } catch {
      // killed meanwhile: the next server is asked
    }
  }

  #stepClock(byMs?: number): void {
    if (this.clock) this.lives.at(-1)?.stepClock(this.clock.step(byMs));
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
    if (this.receiver && this.clock)
      this.troubles.push(
        ...(await stepBackUnderLoad(this.receiver, this.book, (byMs) => this.#stepClock(byMs))),
      );
    const routes = [...EVERY_ROUTE, ...(this.receiver ? ['retry 200'] : [])]; // without it, nothing fails
    if (!(await until(() => routes.every((answer) => this.book.answers.has(answer)), PATIENCE_MS)))
      this.troubles.push('not every route was used');
    await this.clients.finish();
    await this.#untilDone(url);
    await this.#untilTold(url);
    const code = await server.stop();
    if (code !== 0) this.troubles.push(`the last stop ended with ${code}:\n${server.log}`);
    await this.clients.disconnect();
  }

  /** The endpoint knows the end of one more order, so all that happened before is in the table of deliveries. */
  async #untilTold(url: string): Promise<void> {
    const id = 'the-last-order';
    this.book.sent.add(id);
    const body = JSON.stringify({ order_id: id, user_id: 'u', item_ids: ['i'], total_amount: 1 });
    const headers = { 'content-type': 'application/json' };
    await fetch(`${url}/orders`, { method: 'POST', headers, body });
    const { webhooks } = (await (await fetch(`${url}/webhooks`)).json()) as { webhooks: { id: string }[] };
    const waiting = `${url}/webhooks/${webhooks[0]?.id}/deliveries?state=pending&limit=1`;
    const isTold = async () => {
      if (!this.endpoint.knowsEndOf(id)) return false;
      const { deliveries } = (await (await fetch(waiting)).json()) as { deliveries: unknown[] };
      return deliveries.length === 0;
    };
    if (!(await until(isTold, PATIENCE_MS))) this.troubles.push('webhooks do not come to an end');
  }

  async #untilDone(url: string): Promise<void> {
    let open = 0;
    const isDone = async () => {
      const metrics = (await (await fetch(`${url}/metrics`)).json()) as Record<string, number>;
      open = Number(metrics['pending_orders']) + Number(metrics['processing_orders']);
      return open === 0;
    };
    if (!(await until(isDone, PATIENCE_MS))) this.troubles.push(`${open} orders do not come to an end`);
  }
}
