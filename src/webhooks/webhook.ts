import type { OrderStatus } from '../domain/order.status.js';
import type { LogPosition } from '../orders/store/log/log.position.js';

/** `deleted`: gone for clients; its row stays until its deliveries are deleted. */
export type WebhookState = 'enabled' | 'disabled' | 'deleted';

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** What signs messages: `whsec_` and base64. It is used until it expires; null: it does not. */
export interface Secret {
  secret: string;
  expiresAt: number | null;
}

/** An endpoint that is told of transitions. Instants in milliseconds since 1970. */
export interface Webhook {
  id: string;
  url: string;
  statuses: OrderStatus[];
  secrets: Secret[];
  state: WebhookState;
  disabledAt: number | null;
  disabledReason: string | null;
  failingSince: number | null;
  position: LogPosition;
  owner: string | null;
  createdAt: number;
  updatedAt: number;
}

/** A message for one endpoint, and what became of it. */
export interface Delivery {
  id: number;
  messageId: string;
  payload: string;
  state: DeliveryState;
  attempts: number;
  nextAttemptAt: number | null;
  createdAt: number;
  attemptedAt: number | null;
  durationMs: number | null;
  responseStatus: number | null;
  error: string | null;
}

/** No webhook has this id. */
export class WebhookNotFound extends Error {
  constructor(id: string) {
    super(`There is no webhook ${id}.`);
  }
}

/** The webhook has no delivery with this id: it never had, or it is not kept any more. */
export class DeliveryNotFound extends Error {
  constructor(id: string) {
    super(`The webhook has no delivery ${id}.`);
  }
}

/** There are as many webhooks as there may be. */
export class TooManyWebhooks extends Error {
  constructor(limit: number) {
    super(`There are ${limit} webhooks already, and no more are allowed; delete one first.`);
  }
}

/** As many secrets sign as may: one more would make the signatures too long. */
export class TooManySecrets extends Error {
  constructor(limit: number) {
    super(`${limit} secrets of this webhook are in use; wait until one of them has expired.`);
  }
}

/** Nothing is sent to this target. */
export class TargetRefused extends Error {
  /** @param why ends the sentence "the URL …" */
  constructor(why: string) {
    super(`The URL ${why}.`);
  }
}
