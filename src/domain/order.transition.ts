import type { Order, OrderError } from './order.js';
import type { OrderStatus } from './order.status.js';

/**
 * The reasons with which an attempt goes back to Pending because it was cut off: by a crash, or by a stop that it outlasted.
 * Any other says that it failed. The history keeps the reason, so what is counted by it can be counted anew.
 */
export const INTERRUPTED = 'interrupted';
export const RELEASED = 'released at shutdown';

export function wasCutOff(reason: string | null | undefined): boolean {
  return reason === INTERRUPTED || reason === RELEASED;
}

/** One step of one order. It happens if the order is in `from` and, where `attempt` is given, still at that attempt. */
export interface TransitionRequest {
  seq: number;
  from: OrderStatus;
  to: OrderStatus;
  at: number;
  attempt?: number;
  reason?: string;
  /** The process that runs the attempt, and for how long it is the owner's unless renewed (to Processing). */
  owner?: string;
  leaseMs?: number;
  /** Not to be started before this instant (to Pending). */
  notBefore?: number;
  /** Why the attempt failed (to Pending or Failed). */
  error?: OrderError;
  /** True when the attempt was cut off by a crash (to Pending). */
  interrupted?: boolean;
  /** True to happen only if the owner's lease has ended, by the database's clock; a renewal that comes first wins. */
  ifExpired?: boolean;
  /** True to stand at the tail of the queue again (to Pending). */
  requeue?: boolean;
}

/** An order after its transition. `itemIds` only where an attempt began, for the one who processes it. */
export type TransitionedOrder = Omit<Order, 'error' | 'completedAt' | 'updatedAt'> & {
  /** In which it was accepted; null: nothing was traced. */
  traceParent: string | null;
};
