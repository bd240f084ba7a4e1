/**
 * Compares what clients were promised with what the database holds. It shares no code with the server on purpose: a
 * mistake in the server's own tables would otherwise be made twice and not be seen.
 */
import { checkCounters } from './checks/counters.ts';
import { finding, type Finding, type Query } from './checks/finding.ts';
import { checkPromises, type Promises } from './checks/promises.ts';
import { checkTurns, type Turns } from './checks/turns.ts';

export { finding, type Finding, type Query } from './checks/finding.ts';
export type { Promises } from './checks/promises.ts';
export { OUT_OF_TURN, type Turns } from './checks/turns.ts';

/** Every check on a database that nobody writes to, one finding each. */
export async function check(query: Query, promises: Promises): Promise<Finding[]> {
  return [...(await checkPromises(query, promises)), ...(await checkBooks(query, promises.turns))];
}

/** Those that need to know no client: whether orders, history and counters agree. */
export async function checkBooks(query: Query, turns: Turns = {}): Promise<Finding[]> {
  const findings = [await checkTurns(query, turns)];
  for (const [name, sql] of Object.entries(VIOLATIONS)) {
    const rows = await query<{ example: string }>(sql);
    findings.push(
      finding(
        name,
        rows.map(({ example }) => String(example)),
      ),
    );
  }
  findings.push(await checkCounters(query));
  return findings;
}

/** SQLite's own check of a file: pages, indexes, constraints. */
export async function checkIntegrity(query: Query): Promise<Finding> {
  const rows = await query<{ integrity_check: string }>('PRAGMA integrity_check');
  const problems = rows.map(({ integrity_check }) => integrity_check).filter((line) => line !== 'ok');
  return finding('damage to the file', problems);
}

/** Each statement returns one row for each violation of the rule it is named by. */
const VIOLATIONS = {
  'completed twice': `
    SELECT 'order ' || order_seq || ', ' || COUNT(*) || ' times' AS example
    FROM order_history WHERE to_status = 'Completed' GROUP BY order_seq HAVING COUNT(*) > 1`,

  'illegal transitions': `
    SELECT 'order ' || order_seq || ' at ' || was || ' moved from ' || COALESCE(from_status, 'nothing')
      || ' to ' || to_status || ' at attempt ' || attempt AS example
    FROM (
      SELECT order_seq, from_status, to_status, attempt,
        COALESCE(LAG(to_status) OVER line, 'Pending') AS was, COALESCE(LAG(attempt) OVER line, 0) AS attempt_before
      FROM order_history WINDOW line AS (PARTITION BY order_seq ORDER BY id)
    ) AS steps
    WHERE COALESCE(from_status, '') <> was
      OR COALESCE(from_status, '') || '>' || to_status NOT IN (
        'Pending>Processing', 'Pending>Cancelled',
        'Processing>Completed', 'Processing>Pending', 'Processing>Failed', 'Failed>Pending')
      OR attempt <> attempt_before + CASE to_status WHEN 'Processing' THEN 1 ELSE 0 END`,

  'status disagrees with history': `
    SELECT 'order ' || o.order_id || ' is ' || o.status || ', its history says ' || COALESCE(h.to_status, 'Pending') AS example
    FROM orders o
    LEFT JOIN (SELECT order_seq, MAX(id) AS id FROM order_history GROUP BY order_seq) AS newest ON newest.order_seq = o.seq
    LEFT JOIN order_history h ON h.id = newest.id
    WHERE COALESCE(h.to_status, 'Pending') <> o.status OR COALESCE(h.attempt, 0) <> o.attempts`,

  'keys without an order': `
    SELECT 'key of order ' || k.order_seq AS example
    FROM order_keys k LEFT JOIN orders o ON o.seq = k.order_seq WHERE o.seq IS NULL`,

  'history without an order': `
    SELECT 'order ' || h.order_seq AS example
    FROM order_history h LEFT JOIN orders o ON o.seq = h.order_seq WHERE o.seq IS NULL`,
};
