import type { PipeTransform } from '@nestjs/common';
import { DeliveryNotFound, WebhookNotFound } from './webhook.js';

const WEBHOOK_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DELIVERY_ID = /^[1-9]\d{0,14}$/;

/** An id that no webhook can have is not there: no database is asked. */
export class WebhookIdPipe implements PipeTransform<string, string> {
  /** @throws WebhookNotFound */
  transform(id: string): string {
    if (!WEBHOOK_ID.test(id)) throw new WebhookNotFound(id);
    return id;
  }
}

export class DeliveryIdPipe implements PipeTransform<string, number> {
  /** @throws DeliveryNotFound */
  transform(id: string): number {
    if (!DELIVERY_ID.test(id)) throw new DeliveryNotFound(id);
    return Number(id);
  }
}
