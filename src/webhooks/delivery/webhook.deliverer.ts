import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { CONFIG, type Config } from '../../config.js';
import { LogFollower, type LogListener } from '../../orders/store/log/log.follower.js';
import { isSamePosition, type LogPosition } from '../../orders/store/log/log.position.js';
import { HeldWebhooks } from '../store/held.webhooks.js';
import type { Webhook } from '../webhook.js';
import type { EndpointDelivery } from './endpoint.delivery.js';
import { EndpointFactory } from './endpoint.factory.js';

/** How often, at least, leases are renewed and changes by other processes are looked for. */
const TICK_MS = 1000;

/** Renewals in the time of one lease, so that one or two late ones do no harm. */
const RENEWALS = 3;

/**
 * Delivers for the endpoints that this process holds, each by itself. While there is none it follows no log: all that a
 * process without webhooks does is one look at their empty table, once a second.
 */
@Injectable()
export class WebhookDeliverer implements LogListener, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(WebhookDeliverer.name);
  readonly #endpoints = new Map<string, EndpointDelivery>();
  #end: LogPosition | undefined;
  #refreshing: Promise<void> = Promise.resolve();
  #isStopping = false;
  #stopTicks = () => {};

  constructor(
    private readonly held: HeldWebhooks,
    private readonly factory: EndpointFactory,
    private readonly follower: LogFollower,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.#delivers) return;
    void this.refresh();
    const ms = Math.min(TICK_MS, this.config.LEASE_MS / RENEWALS);
    this.#stopTicks = this.clock.every(ms, () => void this.refresh());
  }

  /** To be called when a webhook has changed: begins or ends to deliver. Never rejects. */
  refresh(): Promise<void> {
    if (!this.#delivers) return Promise.resolve();
    const refreshed = this.#refreshing.then(() => this.#refresh());
    this.#refreshing = refreshed.catch((error: unknown) => this.#logger.warn(error)); // the next tick tries again
    return this.#refreshing;
  }

  /** @internal An endpoint reads the entries when it has time for them. */
  onEntries(): void {}

  /** @internal */
  onEnd(end: LogPosition): void {
    if (this.#end && isSamePosition(this.#end, end)) return;
    this.#end = end;
    for (const endpoint of this.#endpoints.values()) endpoint.wake();
  }

  /** Attempts under way get a bounded time. Leases are renewed until the last one has ended, then given back. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#isStopping = true;
    await this.#refreshing;
    this.follower.remove(this);
    const { SHUTDOWN_TIMEOUT_MS, WEBHOOK_TIMEOUT_MS } = this.config;
    await this.#stop([...this.#endpoints.keys()], Math.min(SHUTDOWN_TIMEOUT_MS, WEBHOOK_TIMEOUT_MS));
    this.#stopTicks();
    await this.#refreshing;
    await this.held.release().catch((error: unknown) => this.#logger.warn(error)); // they run out
  }

  get #delivers(): boolean {
    return this.config.ROLE !== 'api';
  }

  async #refresh(): Promise<void> {
    const webhooks = await this.held.claim();
    if (this.#isStopping) return;
    const ids = new Set(webhooks.map(({ id }) => id));
    const ended = [...this.#endpoints].filter(([id, { isOver }]) => isOver || !ids.has(id));
    await this.#stop(
      ended.map(([id]) => id),
      0,
    );
    for (const webhook of webhooks) this.#keep(webhook);
    if (this.#endpoints.size > 0) this.follower.add(this);
    else this.follower.remove(this);
  }

  #keep(webhook: Webhook): void {
    const endpoint = this.#endpoints.get(webhook.id);
    if (endpoint) endpoint.change(webhook);
    else
      this.#endpoints.set(
        webhook.id,
        this.factory.begin(webhook, { end: () => this.#end, onOver: () => void this.refresh() }),
      );
  }

  async #stop(ids: string[], graceMs: number): Promise<void> {
    await Promise.all(ids.map(async (id) => this.#endpoints.get(id)?.stop(graceMs)));
    for (const id of ids) this.#endpoints.delete(id);
  }
}
