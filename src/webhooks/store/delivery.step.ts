import type { LogPosition } from '../../orders/store/log/log.position.js';

/** A message that is to be delivered. */
export interface NewDelivery {
  messageId: string;
  orderSeq: number;
  /** As it stands in the payload. */
  userId: string;
  payload: string;
}

/** What became of an attempt: delivered, to be tried again at `nextAttemptAt`, or given up. */
export interface DeliveryResult {
  id: number;
  orderSeq: number;
  state: 'delivered' | 'pending' | 'failed';
  nextAttemptAt: number | null;
  attempts: number;
  waitedMs: number;
  attemptedAt: number;
  durationMs: number;
  responseStatus: number | null;
  error: string | null;
}

/** What one process writes at once for one endpoint, which it alone delivers for. */
export interface DeliveryStep {
  webhookId: string;
  owner: string;
  results: DeliveryResult[];
  /** Messages of the log's entries after `from` and up to `to`. */
  deliveries: NewDelivery[];
  from: LogPosition;
  to: LogPosition;
  /** Why the endpoint is disabled from now on, if it is; `failingSince`: null when something was delivered. */
  disable: (failingSince: number | null) => string | undefined;
}

/** The position that is stored after a step; undefined: the endpoint is not this process's any more, or not enabled. */
export type Stepped = LogPosition | undefined;
