/**
 * Compares what clients were promised with what the database holds. It shares no code with the server on purpose: a
 * mistake in the server's own tables would otherwise be made twice and not be seen.
 */

/** Runs one SELECT. Plain SQL only, so that any database with window functions can be asked. */
export type Query = <Row>(sql: string) => Promise<Row[]>;

/** What the clients know. */
export interface Promises {
  /** Ids of all orders that were posted, answered or not. */
  sent: ReadonlySet<string>;
  /** Ids of those that were answered with 201 or 200. */
  acknowledged: ReadonlySet<string>;
  /** Where an acknowledged order may stand at the end; elsewhere it is lost. */
  ends?: readonly string[];
  turns?: Turns;
}

/** What is asked of the order of first starts where several processes share the line. */
export interface Turns {
  /** By how many places an order may come after the one that is started before it; otherwise 0. */
  overlap?: number;
  /**
   * Whether one order had its answer before another was sent: where several processes accept, numbers of orders that
   * were posted at one time say nothing. Otherwise the lower number is before the higher.
   */
  isBefore?: (first: string, second: string) => boolean;
}

/** The outcome of one check; `count` 0 is as it should be. */
export interface Finding {
  check: string;
  count: number;
  /** The first few, for people. */
  examples: string[];
}

/** The name of the check on the order of first starts. */
export const OUT_OF_TURN = 'started out of turn';

const EXAMPLES = 5;

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

export function finding(check: string, all: string[]): Finding {
  return { check, count: all.length, examples: all.slice(0, EXAMPLES) };
}

async function checkPromises(query: Query, { sent, acknowledged, ends = ['Completed'] }: Promises) {
  const statuses = new Map<string, string>();
  const twice: string[] = [];
  for (const { id, status } of await query<{ id: string; status: string }>(
    'SELECT order_id AS id, status FROM orders ORDER BY seq',
  )) {
    if (statuses.has(id)) twice.push(id);
    statuses.set(id, status);
  }
  const lost = [...acknowledged].filter((id) => !ends.includes(statuses.get(id) ?? ''));
  return [
    finding(
      'lost: acknowledged, not completed',
      lost.map((id) => `${id}: ${statuses.get(id) ?? 'not there'}`),
    ),
    finding(
      'unexpected: stored, never sent',
      [...statuses.keys()].filter((id) => !sent.has(id)),
    ),
    finding('stored twice', twice),
  ];
}

const STARTED = `to_status = 'Processing' AND attempt = 1`;

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

  'history without an order': `
    SELECT 'order ' || h.order_seq AS example
    FROM order_history h LEFT JOIN orders o ON o.seq = h.order_seq WHERE o.seq IS NULL`,
};

async function checkTurns(query: Query, { overlap = 0, isBefore = () => true }: Turns): Promise<Finding> {
  const rows = await query<{ seq: number | string; id: string }>(
    `SELECT o.seq, o.order_id AS id FROM order_history h JOIN orders o ON o.seq = h.order_seq WHERE ${STARTED} ORDER BY h.id`,
  );
  const starts = rows.map(({ seq, id }) => ({ seq: Number(seq), id }));
  let furthest = 0;
  const late = starts.flatMap((order, index) => {
    const isSuspect = order.seq + overlap < furthest;
    furthest = Math.max(furthest, order.seq);
    if (!isSuspect) return [];
    const overtaker = starts
      .slice(0, index)
      .find(({ seq, id }) => order.seq + overlap < seq && isBefore(order.id, id));
    return overtaker ? `order ${order.seq} after ${overtaker.seq}` : [];
  });
  return finding(OUT_OF_TURN, late);
}

const atLeastZero = (difference: string) => `CASE WHEN ${difference} > 0 THEN ${difference} ELSE 0 END`;

/** What each counter must be, counted anew. */
const RECOUNT = `
  SELECT status AS name, COUNT(*) AS value FROM orders GROUP BY status
  UNION ALL SELECT 'started', COUNT(*) FROM order_history WHERE ${STARTED}
  UNION ALL SELECT 'wait_ms', SUM(${atLeastZero('(h.at - o.created_at)')})
    FROM order_history h JOIN orders o ON o.seq = h.order_seq WHERE ${STARTED}
  UNION ALL SELECT 'processing_ms', SUM(${atLeastZero('(completed_at - started_at)')}) FROM orders WHERE status = 'Completed'
  UNION ALL SELECT 'histogram', COUNT(*) FROM orders WHERE status = 'Completed'`;

const COUNTERS = `
  SELECT CASE WHEN name LIKE 'processing_ms:%' THEN 'histogram' ELSE name END AS name, SUM(value) AS value
  FROM order_counters WHERE name <> 'last_seq' GROUP BY 1`;

interface Counter {
  name: string;
  value: number | string | null;
}

async function checkCounters(query: Query): Promise<Finding> {
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
