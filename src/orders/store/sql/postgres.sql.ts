import type { Query } from '../../../database/database.js';
import type { TransitionRequest } from '../../../domain/order.transition.js';
import { REQUESTED } from '../columns.js';
import type { NewOrder } from '../idempotency.rules.js';
import { ORDER_COLUMNS } from '../order.row.js';
import type { TransitionedRow } from '../transition.rows.js';
import { HIGHEST, toPosition, type LogPosition } from '../log/log.position.js';
import { OrdersSql, type Demand } from './orders.sql.js';
import { randomShard } from './shards.js';
import {
  isTransitioning,
  NEW_ORDER_COLUMNS,
  selectHolders,
  storable,
  TRANSITION_PARAMETERS,
  TRANSITIONED,
  transitionSets,
  transitionValues,
} from './statements.js';
import { BY_INSTANT, BY_INSTANT_NULLS_FIRST, BY_SEQ, type Walk, type WalkSql } from './walk.sql.js';

// Of an array the planner knows that it means the index, however large the table; of a JSON array it does not.
const NUMBERS = '= ANY (?::bigint[])';
const TEXTS = '= ANY (?::text[])';

const NOW = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

const FIELDS = REQUESTED.map(({ property }) => `"${property}"`).join(', ');
const TYPED_FIELDS = REQUESTED.map(
  ({ property, kind }) => `"${property}" ${kind === 'number' ? 'bigint' : 'text'}`,
);

/** Numbers, rows and the counter in one statement: each is a round trip, and between two the event loop does other work. */
const insert = (where = '', onConflict = '') => `
  WITH given AS (
    SELECT nextval('orders_seq') AS seq, v.* FROM json_to_recordset(?::json) AS v(${TYPED_FIELDS.join(', ')})
  ), stored AS (
    INSERT INTO orders (${NEW_ORDER_COLUMNS}, status, created_at, updated_at)
    SELECT seq, seq, ${FIELDS}, 'Pending', t.at, t.at
    FROM given, (SELECT ?::bigint AS at) AS t
    ${where} ${onConflict}
    RETURNING seq
  ), counters AS (
    INSERT INTO order_counters (name, slot, value)
    SELECT 'Pending', ?::int, COUNT(*) FROM stored HAVING COUNT(*) > 0
    ON CONFLICT (name, slot) DO UPDATE SET value = order_counters.value + excluded.value
  )
  SELECT json_agg(stored.seq ORDER BY given.seq) AS seqs FROM given LEFT JOIN stored USING (seq)`;

const INSERT = insert(
  'WHERE "idempotencyKey" IS NULL OR NOT EXISTS (SELECT 1 FROM order_keys WHERE idempotency_key = "idempotencyKey")',
  'ON CONFLICT DO NOTHING',
);

/** For orders with ids of the server's own and without keys: nobody has them. */
const INSERT_NEW = insert();

// As the insert: one round trip with its history. A parameter that stands alone needs its type said.
const TRANSITION = `
  WITH m AS (
    SELECT ${TRANSITION_PARAMETERS.map(([name, type]) => `?::${type} AS ${name}`).join(', ')}, ?::text AS reason
  ), made AS (
    UPDATE orders SET ${transitionSets(`${NOW} + m.lease_ms`)}
    FROM m
    WHERE orders.seq ${NUMBERS} AND ${isTransitioning(NOW)}
    RETURNING ${TRANSITIONED}
  ), history AS (
    INSERT INTO order_history (order_seq, at, from_status, to_status, attempt, reason)
    SELECT made.seq, m.at, m.from_status, m.to_status, made.attempts, m.reason FROM made, m ORDER BY made.seq
  )
  SELECT * FROM made`;

/**
 * The transactions under way that write to the two tables. Each has held this lock since before it drew its first number,
 * and holds it until it ends (https://www.postgresql.org/docs/current/view-pg-locks.html). pg_locks is read after the
 * statement's snapshot was taken.
 */
const WRITERS = `
  SELECT virtualtransaction AS writer FROM pg_locks
  WHERE locktype = 'relation' AND mode = 'RowExclusiveLock'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND relation IN ('orders'::regclass, 'order_history'::regclass)`;

const LOG_END = `SELECT highest.*, (SELECT json_agg(DISTINCT writer) FROM (${WRITERS}) AS w) AS writers FROM (${HIGHEST}) AS highest`;

const STATEMENTS = {
  insertKeys: `
    INSERT INTO order_keys (idempotency_key, order_seq)
    SELECT v ->> 0, seq FROM json_array_elements(?::json) AS v JOIN orders ON seq = (v ->> 1)::bigint
    WHERE NOT EXISTS (SELECT 1 FROM orders WHERE idempotency_key = v ->> 0)
    FOR KEY SHARE OF orders
    ON CONFLICT DO NOTHING`,
  holders: selectHolders(TEXTS, 'LENGTH'),
  findByIds: `SELECT ${ORDER_COLUMNS} FROM orders WHERE order_id ${TEXTS}`,
  endDelays: `UPDATE orders SET not_before = NULL WHERE status = 'Pending' AND not_before <= ? AND seq ${NUMBERS}`,
  addToCounters: `
    INSERT INTO order_counters (name, slot, value)
    SELECT v ->> 0, ?::int, (v ->> 1)::bigint FROM json_array_elements(?::json) AS v
    ON CONFLICT (name, slot) DO UPDATE SET value = order_counters.value + excluded.value`,
};

/** PostgreSQL: many values are an array; new orders need one statement and no transaction around it. */
export class PostgresOrdersSql extends OrdersSql {
  readonly insertCommits = 2; // pipelined: the second is sent while the first runs
  readonly now = NOW;
  readonly inList = NUMBERS;
  readonly isDelayed = 'not_before IS NOT NULL';
  protected readonly statements = STATEMENTS;
  /** Numbers that were the highest at one moment, and who was writing at that moment. */
  #candidate: { end: LogPosition; writers: string[] } | undefined;

  async transaction<Result>(
    { requeued, isMore }: Demand,
    work: (query: Query, numbers: Iterator<number>) => Promise<Result>,
  ): Promise<Result> {
    if (!isMore) return work(this.database.write, [].values());
    const numbers = await this.#reserve(requeued);
    return this.database.transaction((query) => work(query, numbers.values()));
  }

  async insertOrders(query: Query, orders: NewOrder[], at: number): Promise<(number | null)[]> {
    const areNew = orders.every(({ hasOwnId, idempotencyKey }) => !hasOwnId && idempotencyKey === null);
    const values = [JSON.stringify(orders), at, randomShard()];
    const [row] = await query<{ seqs: (number | null)[] }>(areNew ? INSERT_NEW : INSERT, values);
    return row?.seqs ?? [];
  }

  transition(
    query: Query,
    seqs: number[],
    request: TransitionRequest,
    queueSeq: number | null,
  ): Promise<TransitionedRow[]> {
    const values = transitionValues(request, queueSeq);
    return query(TRANSITION, [...values, storable(request.reason), seqs]);
  }

  async renewLeases(query: Query, owner: string, leaseMs: number): Promise<void> {
    const sql = `UPDATE orders SET lease_until = ${NOW} + ? WHERE status = 'Processing' AND owner = ?`;
    await query(sql, [leaseMs, owner]);
  }

  /** The highest numbers of a moment are the end once every transaction of that moment has ended. */
  override async logEnd(): Promise<LogPosition | undefined> {
    const [row] = await this.database.read<LogPosition & { writers: string[] | null }>(LOG_END);
    if (!row) return undefined;
    const now = { end: toPosition(row), writers: row.writers ?? [] };
    const earlier = this.#candidate;
    if (now.writers.length === 0) {
      this.#candidate = undefined;
      return now.end;
    }
    if (earlier?.writers.some((writer) => now.writers.includes(writer))) return undefined;
    this.#candidate = now;
    return earlier?.end;
  }

  walk(walk: Walk): WalkSql {
    if (walk === 'orders_pkey') return BY_SEQ;
    return walk === 'orders_created' ? BY_INSTANT : BY_INSTANT_NULLS_FIRST;
  }

  table(): string {
    return 'orders'; // it takes no hints
  }

  indexed(table: string): string {
    return table;
  }

  deleteFrom(table: string): string {
    return `DELETE FROM ${table}`;
  }

  isOneOf(column: string, name: string): string {
    return `${column} = ANY(:${name})`;
  }

  list(values: (number | string)[]): (number | string)[] {
    return values;
  }

  async #reserve(count: number): Promise<number[]> {
    if (count === 0) return [];
    const sql = `SELECT nextval('orders_seq') AS seq FROM generate_series(1, ?::int)`;
    return (await this.database.read<{ seq: number }>(sql, [count])).map(({ seq }) => Number(seq));
  }
}
