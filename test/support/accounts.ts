import { isLegal, type OrderStatus } from '../../src/orders/order.status.js';
import { rows } from './database.file.js';

interface HistoryRow {
  seq: number;
  from: OrderStatus | null;
  to: OrderStatus;
  attempt: number;
}

/** Everything in the file that breaks a promise, one line each: a sound file has none. */
export function audit(url: string): string[] {
  const orders = rows<{ seq: number; order_id: string; status: OrderStatus; attempts: number }>(
    url,
    'SELECT seq, order_id, status, attempts FROM orders ORDER BY seq',
  );
  const history = rows<HistoryRow>(
    url,
    'SELECT order_seq AS seq, from_status AS "from", to_status AS "to", attempt FROM order_history ORDER BY id',
  );
  const bySeq = Map.groupBy(history, ({ seq }) => seq);
  return [
    ...orders.flatMap(({ seq, order_id, status, attempts }) =>
      wrongInLife(bySeq.get(seq) ?? [], status, attempts).map((wrong) => `${order_id}: ${wrong}`),
    ),
    ...wrongCounters(url),
    ...startsOutOfOrder(history),
  ];
}

function wrongInLife(life: HistoryRow[], status: OrderStatus, attempts: number): string[] {
  const wrong: string[] = [];
  let at: OrderStatus | null = null;
  let started = 0;
  for (const { from, to, attempt } of life) {
    if (from !== at) wrong.push(`went from ${from} while it was ${at}`);
    if (from === null ? to !== 'Pending' : !isLegal(from, to)) wrong.push(`went from ${from} to ${to}`);
    if (to === 'Processing') started++;
    if (attempt !== started) wrong.push(`attempt ${attempt} came as number ${started}`);
    at = to;
  }
  if (at !== status) wrong.push(`is ${status}, its history says ${at}`);
  if (attempts !== started) wrong.push(`has ${attempts} attempts, its history ${started}`);
  return wrong;
}

/** The counters beside a recount of the tables that they sum up. */
function wrongCounters(url: string): string[] {
  const counted = rows<{ name: string; value: number }>(
    url,
    `SELECT status AS name, COUNT(*) AS value FROM orders GROUP BY status
     UNION ALL SELECT 'started', COUNT(*) FROM order_history WHERE to_status = 'Processing' AND attempt = 1
     UNION ALL SELECT 'wait_ms', COALESCE(SUM(h.at - o.created_at), 0) FROM order_history h JOIN orders o ON o.seq = h.order_seq
       WHERE h.to_status = 'Processing' AND h.attempt = 1
     UNION ALL SELECT 'processing_ms', COALESCE(SUM(completed_at - started_at), 0) FROM orders WHERE status = 'Completed'`,
  );
  const kept = rows<{ name: string; value: number }>(
    url,
    `SELECT name, value FROM order_counters WHERE name <> 'last_seq' AND name NOT LIKE 'processing_ms:%'
     UNION ALL SELECT 'histogram', SUM(value) FROM order_counters WHERE name LIKE 'processing_ms:%'`,
  );
  const toMap = (list: { name: string; value: number | null }[]) =>
    new Map(list.map(({ name, value }) => [name, Number(value)]));
  const [expected, actual] = [toMap(counted), toMap(kept)];
  expected.set('histogram', expected.get('Completed') ?? 0);
  return [...new Set([...expected.keys(), ...actual.keys()])]
    .filter((name) => (expected.get(name) ?? 0) !== (actual.get(name) ?? 0))
    .map((name) => `counter ${name} is ${actual.get(name) ?? 0}, a recount says ${expected.get(name) ?? 0}`);
}

/** First come, first served: the first starts stand in the order of acceptance. */
function startsOutOfOrder(history: HistoryRow[]): string[] {
  const starts = history.filter(({ to, attempt }) => to === 'Processing' && attempt === 1);
  return starts.flatMap(({ seq }, index) => {
    const before = starts[index - 1]?.seq ?? 0;
    return before < seq ? [] : [`order number ${seq} was first started after number ${before}`];
  });
}
