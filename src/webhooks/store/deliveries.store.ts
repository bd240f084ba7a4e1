import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, type Repository } from 'typeorm';
import { Clock } from '../../common/clock.js';
import { Database, type Query } from '../../database/database.js';
import { READER } from '../../database/sources/reading.data.source.js';
import { DeliveryNotFound, WebhookNotFound, type Delivery, type DeliveryState } from '../webhook.js';
import { WebhookDeliveryEntity } from './webhook-delivery.entity.js';
import { toDelivery } from './webhook.row.js';
import { WEBHOOKS_SQL } from './webhooks.sql.js';

/** Deliveries that failed no earlier than this instant, at most so many. */
export interface FailedDeliveries {
  since: number;
  limit: number;
}

export interface Replayed {
  replayed: number;
  hasMore: boolean;
}

/** Which deliveries a page shows: in this state, before this id; undefined: any. */
export interface DeliveryPageRequest {
  state: DeliveryState | undefined;
  before: number | undefined;
  limit: number;
}

export interface DeliveryPage {
  deliveries: Delivery[];
  /** Where the next page begins: before this id; undefined at the end. */
  next: number | undefined;
}

/** Begins anew; it waits if another message of its order is not finished. */
const REPLAY = `
  UPDATE webhook_deliveries SET state = 'pending', attempts = 0, waited_ms = 0, next_attempt_at = ? WHERE id = ?`;

/** The log of deliveries as clients read it, and their replay. */
@Injectable()
export class DeliveriesStore {
  readonly #lock: string;

  constructor(
    private readonly database: Database,
    @InjectRepository(WebhookDeliveryEntity, READER)
    private readonly deliveries: Repository<WebhookDeliveryEntity>,
    private readonly clock: Clock,
  ) {
    this.#lock = WEBHOOKS_SQL[database.dialect].lock;
  }

  /** Newest first. */
  async page(webhookId: string, { state, before, limit }: DeliveryPageRequest): Promise<DeliveryPage> {
    const rows = await this.deliveries.find({
      where: { webhookId, ...(state && { state }), ...(before !== undefined && { id: LessThan(before) }) },
      order: { id: 'DESC' },
      take: limit + 1,
    });
    const deliveries = rows.slice(0, limit).map(toDelivery);
    return { deliveries, next: rows.length > limit ? deliveries.at(-1)?.id : undefined };
  }

  /** Sends a message again, or now if it waits for its next attempt. @throws WebhookNotFound, DeliveryNotFound */
  async replay(webhookId: string, id: number): Promise<Delivery> {
    await this.#ofWebhook(webhookId, async (query) => {
      const [row] = await query<{ seq: number }>(
        'SELECT order_seq AS seq FROM webhook_deliveries WHERE id = ? AND webhook_id = ?',
        [id, webhookId],
      );
      if (!row) throw new DeliveryNotFound(String(id));
      await this.#replay(query, webhookId, { id, seq: row.seq });
    });
    const row = await this.deliveries.findOneBy({ id, webhookId });
    if (!row) throw new DeliveryNotFound(String(id));
    return toDelivery(row);
  }

  /** Sends what has failed again, the oldest first. @returns how many, and whether there are more. @throws WebhookNotFound */
  async replayFailed(webhookId: string, { since, limit }: FailedDeliveries): Promise<Replayed> {
    return this.#ofWebhook(webhookId, async (query) => {
      const rows = await query<{ id: number; seq: number }>(
        `SELECT id, order_seq AS seq FROM webhook_deliveries
         WHERE webhook_id = ? AND state = 'failed' AND attempted_at >= ? ORDER BY id LIMIT ?`,
        [webhookId, since, limit + 1],
      );
      const some = rows.slice(0, limit);
      for (const row of some) await this.#replay(query, webhookId, row);
      return { replayed: some.length, hasMore: rows.length > limit };
    });
  }

  /** The webhook's row is locked, so nobody finishes another message of the order meanwhile. */
  async #replay(query: Query, webhookId: string, { id, seq }: { id: number; seq: number }): Promise<void> {
    const others = await query(
      `SELECT id FROM webhook_deliveries WHERE webhook_id = ? AND order_seq = ? AND state = 'pending' AND id <> ? LIMIT 1`,
      [webhookId, seq, id],
    );
    await query(REPLAY, [others.length > 0 ? null : this.clock.now(), id]);
  }

  #ofWebhook<Result>(webhookId: string, work: (query: Query) => Promise<Result>): Promise<Result> {
    return this.database.transaction(async (query) => {
      const [webhook] = await query(
        `SELECT id FROM webhooks WHERE id = ? AND state <> 'deleted' ${this.#lock}`,
        [webhookId],
      );
      if (!webhook) throw new WebhookNotFound(webhookId);
      return work(query);
    });
  }
}
