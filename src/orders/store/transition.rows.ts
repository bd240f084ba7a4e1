import type { TransitionRequest, TransitionedOrder } from '../../domain/order.transition.js';

/** An order after its transition, as `OrdersSql.transition` returns it. `itemIds` null: no attempt began. */
export type TransitionedRow = Omit<TransitionedOrder, 'itemIds'> & { itemIds: string | null };

/** Requests that differ in nothing but the order, in runs: each can be one statement. */
export function runsOfAlike(requests: Iterable<TransitionRequest>): TransitionRequest[][] {
  const runs: TransitionRequest[][] = [];
  for (const request of requests) {
    const run = runs.at(-1);
    if (run?.[0] && isAlike(run[0], request)) run.push(request);
    else runs.push([request]);
  }
  return runs;
}

/** One with an error or a new position in the queue is like no other. */
function isAlike(a: TransitionRequest, b: TransitionRequest): boolean {
  return (
    a.from === b.from &&
    a.to === b.to &&
    a.at === b.at &&
    a.attempt === b.attempt &&
    a.owner === b.owner &&
    a.leaseMs === b.leaseMs &&
    a.notBefore === b.notBefore &&
    a.reason === b.reason &&
    a.interrupted === b.interrupted &&
    a.ifExpired === b.ifExpired &&
    !(a.error ?? b.error ?? a.requeue ?? b.requeue)
  );
}

/** Changes the row, which is nobody else's: a copy of each would cost as much as the rest of a transition here. */
export function toTransitionedOrder(row: TransitionedRow): TransitionedOrder {
  row.seq = Number(row.seq);
  row.totalAmount = Number(row.totalAmount);
  row.queueSeq = Number(row.queueSeq);
  row.createdAt = Number(row.createdAt);
  row.startedAt = row.startedAt === null ? null : Number(row.startedAt);
  const itemIds = row.itemIds === null ? [] : (JSON.parse(row.itemIds) as string[]);
  return Object.assign(row, { itemIds });
}
