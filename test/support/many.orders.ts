import type { Database } from '../../src/database/database.js';

/** What a table of many orders holds, by the number `i` of the order: half are one user's, and none of those has Failed. */
export const BIG_USER = 'big';

/** The first order was created then, and each one a millisecond after the one before. */
export const START = Date.parse('2026-01-31T00:00:00Z');

/** A back-off that ends long after every test. */
const NEVER = Date.parse('2100-01-01T00:00:00Z');

const DIGITS = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} AS d`).join(' UNION ALL ');

/** Of the oldest four fifths, the big user's are Completed and the others' Failed; the rest wait for a retry. */
function insert(orders: number): string {
  const places = String(orders - 1).length;
  const digits = Array.from({ length: places }, (_, place) => `d${place}`);
  const number = `1 + ${digits.map((digit, place) => `${10 ** place} * ${digit}.d`).join(' + ')}`;
  return `
    INSERT INTO orders (seq, queue_seq, order_id, user_id, total_amount, item_ids, status, attempts, not_before,
      created_at, updated_at)
    WITH digits AS (${DIGITS}),
    numbers AS (SELECT ${number} AS i FROM ${digits.map((digit) => `digits AS ${digit}`).join(', ')})
    SELECT i, i, CONCAT('order-', i), CASE WHEN i % 2 = 0 THEN '${BIG_USER}' ELSE CONCAT('user-', i % 100) END, 100, '["a"]',
      CASE WHEN 5 * i > 4 * ${orders} THEN 'Pending' WHEN i % 2 = 0 THEN 'Completed' ELSE 'Failed' END, 1,
      CASE WHEN 5 * i > 4 * ${orders} THEN ${NEVER} END, ${START} + i, ${START} + i
    FROM numbers WHERE i <= ${orders} ORDER BY i`;
}

/** Fills an empty table of orders, and nothing else. */
export async function fillOrders(database: Database, orders: number): Promise<void> {
  if (database.dialect === 'postgres')
    await database.write('ALTER TABLE orders SET (autovacuum_enabled = off)');
  await database.write(insert(orders));
}

/** One order more of the big user's. */
export async function addOrder(database: Database, seq: number): Promise<void> {
  await database.write(`
    INSERT INTO orders (seq, queue_seq, order_id, user_id, total_amount, item_ids, status, created_at, updated_at)
    VALUES (${seq}, ${seq}, 'order-${seq}', '${BIG_USER}', 100, '["a"]', 'Pending', ${START + seq}, ${START + seq})`);
}
