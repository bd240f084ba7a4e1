import { finding, type Finding, type Query } from './finding.ts';

/** What is asked of the order of first starts where several processes share the queue. */
export interface Turns {
  /** By how many places an order may come after the one that is started before it; otherwise 0. */
  overlap?: number;
  /**
   * Whether one order had its answer before another was sent: where several processes accept, numbers of orders that
   * were posted at one time say nothing. Otherwise the lower number is before the higher.
   */
  isBefore?: (first: string, second: string) => boolean;
}

/** The name of the check on the order of first starts. */
export const OUT_OF_TURN = 'started out of turn';

/** A row of the history that is an order's first start. */
export const STARTED = `to_status = 'Processing' AND attempt = 1`;

export async function checkTurns(
  query: Query,
  { overlap = 0, isBefore = () => true }: Turns,
): Promise<Finding> {
  const rows = await query<{ seq: number | string; id: string }>(
    `SELECT o.seq, o.order_id AS id FROM order_history h JOIN orders o ON o.seq = h.order_seq WHERE ${STARTED} ORDER BY h.id`,
  );
  let highest = 0;
  const starts = rows.map(({ seq, id }) => {
    highest = Math.max(highest, Number(seq));
    return { seq: Number(seq), id, highest };
  });
  const late = starts.flatMap((order, index) => {
    for (let at = index - 1; (starts[at]?.highest ?? 0) > order.seq + overlap; at--) {
      const other = starts[at];
      if (other && other.seq > order.seq + overlap && isBefore(order.id, other.id))
        return `order ${order.seq} (${order.id}) after ${other.seq} (${other.id})`;
    }
    return [];
  });
  return finding(OUT_OF_TURN, late);
}
