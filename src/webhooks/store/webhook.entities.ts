import { WebhookDeliveryEntity } from './webhook-delivery.entity.js';
import { WebhookEntity } from './webhook.entity.js';

/** Every table that holds something about webhooks. */
export const WEBHOOK_ENTITIES = [WebhookEntity, WebhookDeliveryEntity];
