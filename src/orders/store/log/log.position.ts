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

/** Up to where orders were deleted: the highest numbers of those that were. */
export const DELETED = 'SELECT accepted, transitioned FROM order_deletions WHERE id = 0';

const highest = (number: string, table: string, deleted: string) => `
  (SELECT MAX(number) FROM (SELECT MAX(${number}) AS number FROM ${table} UNION ALL SELECT ${deleted} FROM order_deletions) AS ${deleted}_numbers)`;

/** The highest numbers that there were, of deleted orders too, in one statement: one snapshot on a server. */
export const HIGHEST = `
  SELECT ${highest('seq', 'orders', 'accepted')} AS accepted, ${highest('id', 'order_history', 'transitioned')} AS transitioned`;

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
