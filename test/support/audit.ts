import { readTable } from './table.js';

/** Whatever one row of a table says. */
type Row = Record<string, unknown>;

/** How many orders are in each status, counted in the table. */
export function statusCounts(file: string): Record<string, number> {
  const sql = 'SELECT status, COUNT(*) AS count FROM orders GROUP BY status';
  const rows = readTable<{ status: string; count: number }>(file, sql);
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

/** Orders beyond the last number that is said to be given; numbers are skipped, never repeated. */
const UNNUMBERED = `SELECT seq FROM orders
  WHERE MAX(seq, queue_seq) > (SELECT value FROM order_counters WHERE name = 'last_seq')`;

/** Expects a database file to agree with itself: counters and history with the orders, and every start in its turn. */
export function expectSound(file: string): void {
  expect(nonZero(countersOf(file))).toEqual(nonZero(recount(file)));
  expect(readTable(file, UNNUMBERED)).toEqual([]);
  const disagreeing = readTable(
    file,
    `SELECT order_id, status, to_status FROM orders
     JOIN order_history ON id = (SELECT MAX(id) FROM order_history WHERE order_seq = seq) WHERE status <> to_status`,
  );
  expect(disagreeing).toEqual([]);
  expect(
    readTable(file, 'SELECT seq FROM orders WHERE seq NOT IN (SELECT order_seq FROM order_history)'),
  ).toEqual([]);
  expect(repeated(file, 'Completed')).toEqual([]);
  const starts = firstStarts(file);
  expect(starts).toEqual(starts.toSorted((a, b) => a - b));
}

/** Orders that came to a status more than once. */
function repeated(file: string, status: string): Row[] {
  return readTable(
    file,
    `SELECT order_seq FROM order_history WHERE to_status = '${status}' GROUP BY order_seq HAVING COUNT(*) > 1`,
  );
}

function firstStarts(file: string): number[] {
  const sql = `SELECT order_seq FROM order_history WHERE to_status = 'Processing' AND attempt = 1 ORDER BY id`;
  return readTable<{ order_seq: number }>(file, sql).map(({ order_seq }) => order_seq);
}

/** The counters but for the histogram, whose buckets stand for durations, and the last number given. */
function countersOf(file: string): Record<string, number> {
  const rows = readTable<{ name: string; value: number }>(file, 'SELECT name, value FROM order_counters');
  const counters: Record<string, number> = { histogram: 0 };
  for (const { name, value } of rows)
    if (name.startsWith('processing_ms:')) counters['histogram'] = (counters['histogram'] ?? 0) + value;
    else if (name !== 'last_seq') counters[name] = value;
  return counters;
}

function recount(file: string): Record<string, number> {
  const [sums] = readTable<Record<string, number>>(
    file,
    `SELECT COUNT(*) AS started, COALESCE(SUM(at - created_at), 0) AS wait_ms,
       (SELECT COALESCE(SUM(completed_at - started_at), 0) FROM orders WHERE status = 'Completed') AS processing_ms,
       (SELECT COUNT(*) FROM orders WHERE status = 'Completed') AS histogram
     FROM order_history JOIN orders ON seq = order_seq WHERE to_status = 'Processing' AND attempt = 1`,
  );
  return { ...statusCounts(file), ...sums };
}

function nonZero(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}
