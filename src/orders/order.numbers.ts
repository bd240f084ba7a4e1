import type { Database } from '../database/database.js';

/**
 * Unused numbers of the sequence that orders' seq and queue_seq are taken from, ascending, from a database that several
 * processes use. Drawn outside of the orders' transaction, so that nobody waits for it; what is not used is a gap.
 */
export async function drawNumbers(database: Database, count: number): Promise<number[]> {
  if (count === 0) return [];
  if (database.dialect === 'postgres') {
    const sql = `SELECT nextval('orders_seq') AS seq FROM generate_series(1, ?::int)`;
    return (await database.read<{ seq: number }>(sql, [count])).map(({ seq }) => Number(seq));
  }
  const last = await database.transaction(async (query) => {
    await query('UPDATE order_sequence SET value = LAST_INSERT_ID(value + ?)', [count]);
    const [row] = await query<{ last: number }>('SELECT LAST_INSERT_ID() AS last');
    return Number(row?.last);
  });
  return numbersAfter(last - count, count);
}

/** `count` numbers after `last`. */
export function numbersAfter(last: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => last + 1 + index);
}
