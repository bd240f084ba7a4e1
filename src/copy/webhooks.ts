import type { Database } from '../database/database.js';
import { columnsOf, type Column } from '../orders/store/columns.js';
import { WebhookDeliveryEntity } from '../webhooks/store/webhook-delivery.entity.js';
import { WebhookEntity } from '../webhooks/store/webhook.entity.js';
import { toRow, type CopiedTable, type GivenRow } from './columns.js';
import { copySql } from './sql/dialects.js';

const tableOf = (name: string, columns: Column[], ...left: string[]): CopiedTable => ({
  name,
  columns: columns.filter(({ property }) => !left.includes(property)),
});

/** Without the lease: another process will deliver. */
const WEBHOOKS = tableOf('webhooks', columnsOf(WebhookEntity), 'owner', 'leaseUntil');

/** They get new ids, in the same order. */
const DELIVERIES = tableOf('webhook_deliveries', columnsOf(WebhookDeliveryEntity), 'id');

const PAGE = 1000;

const namesOf = ({ columns }: CopiedTable) => columns.map(({ name }) => name).join(', ');

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
    const insert = async (table: CopiedTable, given: GivenRow[]) => {
      const rows = given.map((row) => toRow(table, row));
      if (rows.length > 0) await copySql(target).insert(query, table, rows, JSON.stringify(rows));
    };
    await query('DELETE FROM webhook_deliveries');
    await query('DELETE FROM webhooks');
    await insert(WEBHOOKS, webhooks);
    let messages = 0;
    for (let after = 0; ;) {
      const page = await source.read<GivenRow>(
        `SELECT id, ${namesOf(DELIVERIES)} FROM webhook_deliveries
         WHERE state = 'pending' AND id > ? AND webhook_id IN (SELECT id FROM webhooks WHERE state <> 'deleted')
         ORDER BY id LIMIT ?`,
        [after, PAGE],
      );
      await insert(DELIVERIES, page);
      messages += page.length;
      const last = page.at(-1);
      if (!last) return { webhooks: webhooks.length, messages };
      after = Number(last['id']);
    }
  });
}
