import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { Random } from '../../common/random.js';
import { tracer } from '../../common/tracing.js';
import { CONFIG, type Config } from '../../config.js';
import { Database, PLANNED_ANEW } from '../../database/database.js';
import { asProperties, columnsOf } from '../../orders/store/columns.js';
import { ordersSql } from '../../orders/store/sql/dialects.js';
import type { Webhook } from '../webhook.js';
import { WebhookDeliveryEntity } from './webhook-delivery.entity.js';
import { WebhookEntity } from './webhook.entity.js';
import { toWebhook } from './webhook.row.js';

/** A message that may be sent at `nextAttemptAt`: no earlier one of its order is unfinished. */
export type DueDelivery = Pick<
  WebhookDeliveryEntity,
  'id' | 'messageId' | 'orderSeq' | 'payload' | 'attempts' | 'waitedMs'
> & {
  nextAttemptAt: number;
  /** Of its order, where this process traces. */
  traceParent?: string | null;
};

const DUE_COLUMNS = asProperties(
  columnsOf(WebhookDeliveryEntity).filter(({ property }) =>
    ['id', 'messageId', 'orderSeq', 'payload', 'attempts', 'waitedMs', 'nextAttemptAt'].includes(property),
  ),
);

const TRACED_COLUMNS = `${DUE_COLUMNS}, (SELECT trace_parent FROM orders WHERE seq = order_seq) AS "traceParent"`;

const ENABLED = `SELECT ${asProperties(columnsOf(WebhookEntity))} FROM webhooks WHERE state = 'enabled'`;

/**
 * What a process that delivers reads and keeps of the endpoints: its leases, by the database's clock, so that one process
 * at a time delivers for each, and what is due. A file has one process, which takes what a dead one held at once.
 */
@Injectable()
export class HeldWebhooks {
  /** Identifies this process. */
  readonly owner: string;
  readonly #claim: string;
  /** On the monotonic clock. */
  #leasedUntilMs = -Infinity;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    random: Random,
    @Inject(CONFIG) private readonly config: Pick<Config, 'LEASE_MS'>,
  ) {
    this.owner = random.uuid();
    const { now } = ordersSql(database);
    const isFree = database.isShared
      ? `(owner = ? OR owner IS NULL OR lease_until < ${now})`
      : '? IS NOT NULL';
    this.#claim = `UPDATE webhooks SET owner = ?, lease_until = ${now} + ? WHERE state = 'enabled' AND ${isFree}`;
  }

  /** Takes the endpoints that no other process holds, and renews the leases. @returns those that this one holds */
  async claim(): Promise<Webhook[]> {
    const enabled = await this.#enabled();
    const isAllHeld = enabled.every(({ owner }) => owner === this.owner);
    if (enabled.length === 0 || (isAllHeld && !this.database.isShared)) return enabled;
    const beganMs = this.clock.monotonicMs();
    await this.database.write(this.#claim, [this.owner, this.config.LEASE_MS, this.owner]);
    this.#leasedUntilMs = beganMs + this.config.LEASE_MS;
    return (await this.#enabled()).filter(({ owner }) => owner === this.owner);
  }

  /** Whether this process may deliver for what it has claimed: no other one does yet. */
  get isHeld(): boolean {
    return !this.database.isShared || this.clock.monotonicMs() < this.#leasedUntilMs;
  }

  /** Others may take over at once what this process held. */
  async release(): Promise<void> {
    if (this.#leasedUntilMs === -Infinity) return;
    await this.database.write('UPDATE webhooks SET owner = NULL, lease_until = NULL WHERE owner = ?', [
      this.owner,
    ]);
  }

  /** What may be sent soonest, also if that is not yet. */
  async due(webhookId: string, limit: number): Promise<DueDelivery[]> {
    const rows = await this.database.read<DueDelivery>(
      `SELECT ${tracer() ? TRACED_COLUMNS : DUE_COLUMNS} FROM webhook_deliveries
       WHERE webhook_id = ? AND next_attempt_at >= 0 ORDER BY next_attempt_at, id LIMIT ?`,
      [webhookId, limit],
    );
    return rows.map((row) => ({
      ...row,
      id: Number(row.id),
      orderSeq: Number(row.orderSeq),
      waitedMs: Number(row.waitedMs),
      nextAttemptAt: Number(row.nextAttemptAt),
    }));
  }

  /** How many messages are not finished. */
  async backlog(webhookId: string): Promise<number> {
    const [row] = await this.database.read<{ count: number }>(
      `SELECT COUNT(*) AS count FROM webhook_deliveries WHERE webhook_id = ? AND state = 'pending'`,
      [webhookId],
    );
    return Number(row?.count);
  }

  async #enabled(): Promise<Webhook[]> {
    return (await this.database.read<WebhookEntity>(`${PLANNED_ANEW} ${ENABLED}`)).map(toWebhook);
  }
}
