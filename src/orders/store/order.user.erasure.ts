import type { Query } from '../../database/database.js';
import { ORDER_STATUSES, STATUSES } from '../../domain/order.status.js';
import { INTERRUPTED, RELEASED } from '../../domain/order.transition.js';
import type { ErasedPart, ErasedUser } from '../erasure/erased.elsewhere.js';
import type { OrdersSql } from './sql/orders.sql.js';

export interface ErasureRequest extends ErasedUser {
  elsewhere: ErasedPart[];
}

const FINISHED = ORDER_STATUSES.filter((status) => STATUSES[status].work === 'none')
  .map((status) => `'${status}'`)
  .join(', ');

/** Reasons in our own words; others are a failure's, which may tell of the user. Two of them are counted by. */
const OWN_REASONS = [INTERRUPTED, RELEASED, 'cancelled', 'retried'].map((reason) => `'${reason}'`).join(', ');

/**
 * Puts the pseudonym in the place of the user of those orders that are still that user's and not in work; clears their errors
 * and keys. @returns how many
 */
export async function eraseUser(
  query: Query,
  sql: OrdersSql,
  { seqs, userId, pseudonym, elsewhere }: ErasureRequest,
): Promise<number> {
  const { inList } = sql;
  const table = sql.table('orders_pkey');
  for (const part of elsewhere) await part.lock(query);
  const rows = await query<{ seq: number }>(
    `SELECT seq FROM ${table} WHERE seq ${inList} AND user_id = ? AND status IN (${FINISHED}) ORDER BY seq ${sql.lock}`,
    [sql.list(seqs), userId],
  );
  if (rows.length === 0) return 0;
  const found = rows.map(({ seq }) => Number(seq));
  const list = sql.list(found);
  await query(`UPDATE ${table} SET user_id = ?, error = NULL, idempotency_key = NULL WHERE seq ${inList}`, [
    pseudonym,
    list,
  ]);
  await query(`${sql.deleteFrom('order_keys', 'order_keys_order')} WHERE order_seq ${inList}`, [list]);
  await query(
    `UPDATE ${sql.indexed('order_history', 'order_history_order')} SET reason = NULL
     WHERE order_seq ${inList} AND reason NOT IN (${OWN_REASONS})`,
    [list],
  );
  for (const part of elsewhere) await part.erase(query, { seqs: found, userId, pseudonym });
  return found.length;
}
