import type { Database } from '../database/database.js';
import { columnsOf } from '../orders/store/columns.js';
import { WebhookDeliveryEntity } from '../webhooks/store/webhook-delivery.entity.js';
import { WebhookEntity } from '../webhooks/store/webhook.entity.js';
import type { GivenRow } from './columns.js';
import { insertInto, namesOf, tableOf } from './tables.js';

/** Without the lease: another process will deliver. */
const WEBHOOKS = tableOf('webhooks', columnsOf(WebhookEntity), 'owner', 'leaseUntil');

/** They get new ids, in the same order. */
const DELIVERIES = tableOf('webhook_deliveries', columnsOf(WebhookDeliveryEntity), 'id');

const PAGE = 1000;

/**
 * Makes the target's webhooks those of the source, in one transaction: endpoints with their positions in the log, whose
 * numbers are the same there, and messages that are not delivered. What is finished stays behind. @returns how many of both
 */
export async function copyWebhooks(
  source: Database,
  target: Database,
): Promise<{ webhooks: number; messages: number }> {
  const webhooks = await source.read<GivenRow>(
    `SELECT ${namesOf(WEBHOOKS)} FROM webhooks WHERE state <> 'deleted'`,
  );
  return target.transaction(async (query) => {
    await query('DELETE FROM webhook_deliveries');
    await query('DELETE FROM webhooks');
    await insertInto(target, query, WEBHOOKS, webhooks);
    let messages = 0;
    for (let after = 0; ;) {
      const page = await source.read<GivenRow>(
        `SELECT id, ${namesOf(DELIVERIES)} FROM webhook_deliveries
         WHERE state = 'pending' AND id > ? AND webhook_id IN (SELECT id FROM webhooks WHERE state <> 'deleted')
         ORDER BY id LIMIT ?`,
        [after, PAGE],
      );
      await insertInto(target, query, DELIVERIES, page);
      messages += page.length;
      const last = page.at(-1);
      if (!last) return { webhooks: webhooks.length, messages };
      after = Number(last['id']);
    }
  });
}
