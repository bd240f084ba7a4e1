/**
 * A position in the log of orders, which is two tables: acceptances by `orders.seq`, all other transitions by
 * `order_history.id`. What is at or before it on either side was read.
 */
export interface LogPosition {
  accepted: number;
  transitioned: number;
}

/** Before the first entry. */
export const NOTHING: LogPosition = { accepted: 0, transitioned: 0 };

/** The highest numbers there are, in one statement: one snapshot on a server. */
export const HIGHEST = `
  SELECT (SELECT COALESCE(MAX(seq), 0) FROM orders) AS accepted,
    (SELECT COALESCE(MAX(id), 0) FROM order_history) AS transitioned`;

export function toPosition({ accepted, transitioned }: LogPosition): LogPosition {
  return { accepted: Number(accepted), transitioned: Number(transitioned) }; // servers give a bigint as text
}

export function isSamePosition(one: LogPosition, other: LogPosition): boolean {
  return one.accepted === other.accepted && one.transitioned === other.transitioned;
}

/** Whether all that is at or before `other` is at or before `one`, too. */
export function isAtOrAfter(one: LogPosition, other: LogPosition): boolean {
  return one.accepted >= other.accepted && one.transitioned >= other.transitioned;
}
