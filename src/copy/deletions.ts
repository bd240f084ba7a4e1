import type { Database, Query } from '../database/database.js';
import { CounterDeltas, DELETED } from '../metrics/order.counters.js';
import {
  DELETED as DELETED_UP_TO,
  NOTHING,
  toPosition,
  type LogPosition,
} from '../orders/store/log/log.position.js';

/** What is known of orders that were deleted. */
export interface Deletions {
  /** What they have counted, by the names of the counters. */
  counted: [name: string, value: number][];
  /** Up to where in the log they were. */
  position: LogPosition;
}

export async function readDeletions({ read }: Database): Promise<Deletions> {
  const rows = await read<{ name: string; value: number }>(
    `SELECT name, SUM(value) AS value FROM order_counters WHERE name LIKE '${DELETED}%' GROUP BY name`,
  );
  const [position] = await read<LogPosition>(DELETED_UP_TO);
  return {
    counted: rows.map(({ name, value }) => [name.slice(DELETED.length), Number(value)]),
    position: toPosition(position ?? NOTHING),
  };
}

/** What the counters must be: those of the orders there are, and of the deleted ones, which are also counted apart. */
export function withDeleted(counters: CounterDeltas, counted: Deletions['counted']): [string, number][] {
  const all = new CounterDeltas();
  all.addAll(counters.entries(), '');
  all.addAll(counted, '');
  all.addAll(counted, DELETED);
  return all.entries();
}

/**
 * @param continueAfter sets which number and which id is next. While it does, an entry with the id of the last deleted one
 *   is there: no id is given twice, or what follows the log would take the second for known
 */
export async function writePosition(
  query: Query,
  { accepted, transitioned }: LogPosition,
  continueAfter: () => Promise<void>,
): Promise<void> {
  const hasDeleted = transitioned > 0;
  if (hasDeleted)
    await query(
      `INSERT INTO order_history (id, order_seq, at, to_status, attempt) VALUES (?, 0, 0, 'Pending', 0)`,
      [transitioned],
    );
  await continueAfter();
  if (hasDeleted) await query('DELETE FROM order_history WHERE id = ?', [transitioned]);
  await query('UPDATE order_deletions SET accepted = ?, transitioned = ? WHERE id = 0', [
    accepted,
    transitioned,
  ]);
}
