import { PLANNED_ANEW, type Query } from '../../database/database.js';
import type { LogPosition } from '../../orders/store/log/log.position.js';
import type { DeliveryResult, DeliveryStep, NewDelivery } from './delivery.step.js';
import { userIn } from './erased.messages.js';
import type { WebhooksSql } from './webhooks.sql.js';

/** What is read of an endpoint before a step. */
export interface StoredEndpoint extends LogPosition {
  state: string;
  failingSince: number | null;
}

const COLUMNS =
  'webhook_id, message_id, order_seq, state, next_attempt_at, attempts, waited_ms, created_at, payload';

/** The statements of steps in one transaction, in which the endpoints' rows are locked. */
export class StepWrites {
  /** @param at this instant */
  constructor(
    private readonly query: Query,
    private readonly sql: WebhooksSql,
    private readonly at: number,
  ) {}

  /** New messages; those that an earlier one of their order is before wait. */
  async insert({ webhookId, deliveries }: DeliveryStep): Promise<void> {
    const waiting = new Set(await this.#unfinished(webhookId, deliveries));
    const users = await this.#users(deliveries);
    const values = deliveries.flatMap(({ messageId, orderSeq, userId, payload: asRead }) => {
      const payload = asRead.replace(userIn(userId), () => userIn(users.get(orderSeq) ?? userId));
      const isFirst = !waiting.has(orderSeq);
      waiting.add(orderSeq);
      return [webhookId, messageId, orderSeq, 'pending', isFirst ? this.at : null, 0, 0, this.at, payload];
    });
    const rows = deliveries.map(() => '(?, ?, ?, ?, ?, ?, ?, ?, ?)').join(', ');
    await this.query(`${PLANNED_ANEW} INSERT INTO webhook_deliveries (${COLUMNS}) VALUES ${rows}`, values);
  }

  /** Of the orders: one may have been erased since the log was read. */
  async #users(deliveries: NewDelivery[]): Promise<Map<number, string>> {
    const { isOneOf, list } = this.sql;
    const rows = await this.query<{ seq: number; userId: string }>(
      `SELECT seq, user_id AS "userId" FROM orders WHERE seq ${isOneOf}`,
      [list([...new Set(deliveries.map(({ orderSeq }) => orderSeq))])],
    );
    return new Map(rows.map(({ seq, userId }) => [Number(seq), userId]));
  }

  /** The orders among those of these messages that earlier messages are not finished of. */
  async #unfinished(webhookId: string, deliveries: NewDelivery[]): Promise<number[]> {
    const { isOneOf, list } = this.sql;
    const rows = await this.query<{ seq: number }>(
      `SELECT DISTINCT order_seq AS seq FROM webhook_deliveries
       WHERE webhook_id = ? AND state = 'pending' AND order_seq ${isOneOf}`,
      [webhookId, list([...new Set(deliveries.map(({ orderSeq }) => orderSeq))])],
    );
    return rows.map(({ seq }) => Number(seq));
  }

  /** What became of attempts, and of the endpoint by it. A finished message stays as it is. */
  async results(step: DeliveryStep, { state, failingSince }: StoredEndpoint): Promise<void> {
    const { webhookId, results } = step;
    if (results.length === 0) return;
    for (const result of results)
      await this.query(
        `UPDATE webhook_deliveries SET state = ?, next_attempt_at = ?, attempts = ?, waited_ms = ?, attempted_at = ?,
           duration_ms = ?, response_status = ?, error = ?
         WHERE id = ? AND state = 'pending'`,
        [
          result.state,
          result.nextAttemptAt,
          result.attempts,
          result.waitedMs,
          result.attemptedAt,
          result.durationMs,
          result.responseStatus,
          result.error,
          result.id,
        ],
      );
    await this.#startNext(webhookId, results);
    const hasDelivered = results.some((result) => result.state === 'delivered');
    const since = hasDelivered ? null : Number(failingSince ?? this.at);
    const reason = state === 'enabled' ? step.disable(since) : undefined;
    if (reason !== undefined)
      await this.query(
        `UPDATE webhooks SET state = 'disabled', disabled_at = ?, disabled_reason = ?, failing_since = ? WHERE id = ?`,
        [this.at, reason, since, webhookId],
      );
    else if (since !== (failingSince === null ? null : Number(failingSince)))
      await this.query('UPDATE webhooks SET failing_since = ? WHERE id = ?', [since, webhookId]);
  }

  /** Of each order with a finished message the next one is due. */
  async #startNext(webhookId: string, results: DeliveryResult[]): Promise<void> {
    const { isOneOf, list } = this.sql;
    const orders = results.filter(({ state }) => state !== 'pending').map(({ orderSeq }) => orderSeq);
    if (orders.length === 0) return;
    await this.query(
      `UPDATE webhook_deliveries SET next_attempt_at = ? WHERE next_attempt_at IS NULL AND id IN (
         SELECT id FROM (
           SELECT MIN(id) AS id FROM webhook_deliveries
           WHERE webhook_id = ? AND state = 'pending' AND order_seq ${isOneOf} GROUP BY order_seq
         ) AS heads)`,
      [this.at, webhookId, list([...new Set(orders)])],
    );
  }
}
