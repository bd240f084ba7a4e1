import Sqlite from 'better-sqlite3';
import { Server } from './server.ts';

/** Between the acceptance of one order and the next. */
export const SPACING_MS = 10;

/** As many orders of each other user, whatever the number of orders: a page of a user's orders is then always full. */
const ORDERS_PER_USER = 100;
const SHARE_OF_OTHERS = 0.1;

const WORK_MS = 100;

/** The user of nine orders in ten, and never of one that was Cancelled. */
export const BIG_USER = 'big';

const USER = `iif(i % 10 = 5, 'user-' || (i / 10 % CAST(:users AS INTEGER)), '${BIG_USER}')`;

/** Orders 1 … n: every tenth has Failed, the others are Completed, but for every hundredth, which was Cancelled. */
const FINISHED = `
  INSERT INTO orders (seq, queue_seq, order_id, user_id, total_amount, item_ids, status, attempts, failures, error,
    created_at, started_at, completed_at, updated_at)
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :orders)
  SELECT i, i, 'order-' || i, ${USER}, 2999, '["item-1","item-2"]',
    CASE WHEN i % 10 = 0 THEN 'Failed' WHEN i % 100 = 5 THEN 'Cancelled' ELSE 'Completed' END, 1, i % 10 = 0,
    iif(i % 10, NULL, '{"code":"refused","message":"no","attempt":1}'),
    :start + i * ${SPACING_MS}, :start + i * ${SPACING_MS},
    iif(i % 10, :start + i * ${SPACING_MS} + ${WORK_MS}, NULL), :start + i * ${SPACING_MS} + ${WORK_MS}
  FROM n`;

const PENDING = `
  INSERT INTO orders (seq, queue_seq, order_id, user_id, total_amount, item_ids, status, created_at, updated_at)
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :orders)
  SELECT i, i, 'order-' || i, ${USER}, 2999, '["item-1","item-2"]', 'Pending',
    :start + i * ${SPACING_MS}, :start + i * ${SPACING_MS}
  FROM n`;

const HISTORY = [
  `SELECT seq, started_at, 'Pending', 'Processing', 1 FROM orders WHERE attempts = 1`,
  `SELECT seq, updated_at, 'Processing', status, 1 FROM orders WHERE attempts = 1`,
];

const COUNTERS = `
  INSERT INTO order_counters (name, slot, value)
  SELECT status, 0, COUNT(*) FROM orders GROUP BY status
  UNION ALL SELECT 'started', 0, SUM(attempts) FROM orders
  UNION ALL SELECT 'last_seq', 0, MAX(seq) FROM orders
  UNION ALL SELECT 'wait_ms', 0, 0
  UNION ALL SELECT 'wait_ms:5', 0, SUM(attempts) FROM orders
  UNION ALL SELECT 'processing_ms', 0, COUNT(*) * ${WORK_MS} FROM orders WHERE status = 'Completed'
  UNION ALL SELECT 'processing_ms:${WORK_MS}', 0, COUNT(*) FROM orders WHERE status = 'Completed'`;

/** Fills `folder` with a database as Ordermill would have left it. @returns when order 0 would have been accepted */
export async function createOrders(
  folder: string,
  orders: number,
  kind: 'finished' | 'pending',
): Promise<number> {
  {
    await using _schema = await Server.start('ordermill', { folder });
  }
  const sqlite = new Sqlite(`${folder}/orders.sqlite`);
  sqlite.pragma('synchronous = OFF');
  sqlite.pragma('cache_size = -262144');
  const start = Date.now() - orders * SPACING_MS - 60_000;
  const fill = sqlite.transaction(() => {
    const users = Math.ceil((orders * SHARE_OF_OTHERS) / ORDERS_PER_USER);
    sqlite.prepare(kind === 'finished' ? FINISHED : PENDING).run({ orders, users, start });
    for (const select of HISTORY)
      sqlite.exec(`INSERT INTO order_history (order_seq, at, from_status, to_status, attempt) ${select}`);
    sqlite.exec(COUNTERS);
  });
  fill();
  sqlite.pragma('wal_checkpoint(TRUNCATE)');
  sqlite.close();
  return start;
}
