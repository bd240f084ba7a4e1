import { finding, type Finding, type Query } from './finding.ts';
import { STARTED } from './turns.ts';

const atLeastZero = (difference: string) => `CASE WHEN ${difference} > 0 THEN ${difference} ELSE 0 END`;

/** What each counter must be, counted anew. */
const RECOUNT = `
  SELECT status AS name, COUNT(*) AS value FROM orders GROUP BY status
  UNION ALL SELECT 'started', COUNT(*) FROM order_history WHERE ${STARTED}
  UNION ALL SELECT 'wait_ms', SUM(${atLeastZero('(h.at - o.created_at)')})
    FROM order_history h JOIN orders o ON o.seq = h.order_seq WHERE ${STARTED}
  UNION ALL SELECT 'processing_ms', SUM(${atLeastZero('(completed_at - started_at)')}) FROM orders WHERE status = 'Completed'
  UNION ALL SELECT 'histogram', COUNT(*) FROM orders WHERE status = 'Completed'
  UNION ALL SELECT 'waits', COUNT(*) FROM order_history WHERE ${STARTED}
  UNION ALL SELECT CASE WHEN from_status = 'Failed' THEN 'redriven'
      WHEN reason IN ('interrupted', 'released at shutdown') THEN 'interrupted' ELSE 'retried' END, COUNT(*)
    FROM order_history WHERE to_status = 'Pending' GROUP BY 1`;

/** What deleted orders have counted is not in the table any more: it is kept under the same names, with a prefix. */
const COUNTERS = `
  SELECT CASE WHEN name LIKE 'processing_ms:%' THEN 'histogram' WHEN name LIKE 'wait_ms:%' THEN 'waits' ELSE name END AS name, SUM(value) AS value
  FROM (
    SELECT CASE WHEN name LIKE 'deleted:%' THEN SUBSTR(name, 9) ELSE name END AS name,
      CASE WHEN name LIKE 'deleted:%' THEN -value ELSE value END AS value
    FROM order_counters WHERE name <> 'last_seq'
  ) AS kept GROUP BY 1`;

interface Counter {
  name: string;
  value: number | string | null;
}

export async function checkCounters(query: Query): Promise<Finding> {
  const [counted, kept] = [await query<Counter>(RECOUNT), await query<Counter>(COUNTERS)].map(toMap);
  const names = new Set([...(counted?.keys() ?? []), ...(kept?.keys() ?? [])]);
  const wrong = [...names].flatMap((name) => {
    const [is, shouldBe] = [kept?.get(name) ?? 0, counted?.get(name) ?? 0];
    return is === shouldBe ? [] : [`${name} is ${is}, not ${shouldBe}`];
  });
  const [numbers] = await query<{ last: number | string; used: number | null }>(
    `SELECT COALESCE(SUM(value), 0) AS last, (SELECT MAX(CASE WHEN seq > queue_seq THEN seq ELSE queue_seq END) FROM orders) AS used
     FROM order_counters WHERE name = 'last_seq' HAVING COUNT(*) > 0`, // a server has a sequence of its own
  );
  if (Number(numbers?.last) < Number(numbers?.used ?? 0))
    wrong.push(`last_seq is ${numbers?.last}, and ${numbers?.used} is in use`);
  return finding('counters disagree with a recount', wrong);
}

function toMap(rows: Counter[]): Map<string, number> {
  return new Map(rows.map(({ name, value }) => [name, Number(value)]));
}
