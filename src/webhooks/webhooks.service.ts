import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SECRET_PREFIX } from '../common/webhook.signature.js';
import { LogPages } from './delivery/log.pages.js';
import { TargetGuard } from './delivery/target.guard.js';
import { WebhookDeliverer } from './delivery/webhook.deliverer.js';
import { WebhooksStore, type WebhookContent } from './store/webhooks.store.js';
import {
  DeliveriesStore,
  type DeliveryPage,
  type DeliveryPageRequest,
  type FailedDeliveries,
  type Replayed,
} from './store/deliveries.store.js';
import type { Delivery, Webhook } from './webhook.js';

const SECRET_BYTES = 32;

/** What a client may change of a webhook. */
export interface WebhookChange extends Partial<WebhookContent> {
  enabled?: boolean;
}

/** The use cases of webhooks: who may be told, of what, signed by which secret. */
@Injectable()
export class WebhooksService {
  constructor(
    private readonly store: WebhooksStore,
    private readonly log: DeliveriesStore,
    private readonly guard: TargetGuard,
    private readonly orders: LogPages,
    private readonly deliverer: WebhookDeliverer,
  ) {}

  list(): Promise<Webhook[]> {
    return this.store.list();
  }

  /** @throws WebhookNotFound */
  get(id: string): Promise<Webhook> {
    return this.store.get(id);
  }

  /** All that is committed from now on is told. @throws TargetRefused, TooManyWebhooks, DatabaseUnavailable */
  async create(content: WebhookContent): Promise<{ webhook: Webhook; secret: string }> {
    await this.guard.check(content.url);
    const secret = newSecret();
    const webhook = await this.store.create(content, secret, await this.orders.end());
    void this.deliverer.refresh();
    return { webhook, secret };
  }

  /** @throws WebhookNotFound, TargetRefused */
  async change(id: string, { enabled, ...content }: WebhookChange): Promise<Webhook> {
    if (content.url !== undefined) await this.guard.check(content.url);
    await this.store.change(id, content);
    if (enabled === true) await this.store.enable(id);
    if (enabled === false) await this.store.disable(id, 'by a client');
    void this.deliverer.refresh();
    return this.store.get(id);
  }

  /** @throws WebhookNotFound */
  async delete(id: string): Promise<void> {
    await this.store.delete(id);
    void this.deliverer.refresh();
  }

  /** A new secret; the older ones go on signing for a day. @throws WebhookNotFound, TooManySecrets */
  async rotateSecret(id: string): Promise<string> {
    const secret = newSecret();
    await this.store.addSecret(id, secret);
    void this.deliverer.refresh();
    return secret;
  }

  /** A page of the log of deliveries, newest first. @throws WebhookNotFound */
  async deliveries(id: string, request: DeliveryPageRequest): Promise<DeliveryPage> {
    await this.store.get(id);
    return this.log.page(id, request);
  }

  /** Sends a message again, whatever became of it. @throws WebhookNotFound, DeliveryNotFound */
  async replay(id: string, delivery: number): Promise<Delivery> {
    const replayed = await this.log.replay(id, delivery);
    void this.deliverer.refresh();
    return replayed;
  }

  /** Sends messages that have failed again, the oldest first. @throws WebhookNotFound */
  async replayFailed(id: string, failed: FailedDeliveries): Promise<Replayed> {
    const replayed = await this.log.replayFailed(id, failed);
    void this.deliverer.refresh();
    return replayed;
  }
}

function newSecret(): string {
  return `${SECRET_PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`;
}
