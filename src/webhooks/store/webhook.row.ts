import type { OrderStatus } from '../../domain/order.status.js';
import type { Delivery, Secret, Webhook } from '../webhook.js';
import type { WebhookDeliveryEntity } from './webhook-delivery.entity.js';
import type { WebhookEntity } from './webhook.entity.js';

/** What a driver gives for a bigint: a number, or its text. */
const orNull = (value: number | null) => (value === null ? null : Number(value));

export function toWebhook(row: WebhookEntity): Webhook {
  return {
    id: row.id,
    url: row.url,
    statuses: JSON.parse(row.statuses) as OrderStatus[], // written from such
    secrets: JSON.parse(row.secrets) as Secret[], // written from such
    state: row.state,
    disabledAt: orNull(row.disabledAt),
    disabledReason: row.disabledReason,
    failingSince: orNull(row.failingSince),
    position: { accepted: Number(row.accepted), transitioned: Number(row.transitioned) },
    owner: row.owner,
    createdAt: Number(row.createdAt),
    updatedAt: Number(row.updatedAt),
  };
}

export function toDelivery(row: WebhookDeliveryEntity): Delivery {
  return {
    id: Number(row.id),
    messageId: row.messageId,
    payload: row.payload,
    state: row.state,
    attempts: row.attempts,
    nextAttemptAt: orNull(row.nextAttemptAt),
    createdAt: Number(row.createdAt),
    attemptedAt: orNull(row.attemptedAt),
    durationMs: row.durationMs,
    responseStatus: row.responseStatus,
    error: row.error,
  };
}
