import type { Query } from '../../../database/database.js';
import type { TransitionRequest } from '../../../domain/order.transition.js';
import { REQUESTED } from '../columns.js';
import type { NewOrder } from '../idempotency.rules.js';
import { ORDER_COLUMNS } from '../order.row.js';
import type { TransitionedRow } from '../transition.rows.js';
import { HIGHEST, toPosition, type LogPosition } from '../log/log.position.js';
import { OrdersSql, type Demand } from './orders.sql.js';
import {
  isTransitioning,
  NEW_ORDER_COLUMNS,
  selectHolders,
  storable,
  draw,
  TRANSITION_PARAMETERS,
  TRANSITIONED,
  transitionSets,
  transitionValues,
} from './statements.js';
import { BY_INSTANT_SPELT_OUT, BY_SEQ, type Walk, type WalkSql } from './walk.sql.js';

const NOW = 'ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000)';

/** An order is an array in the JSON: its number, then its request. The items are text there: JSON_TABLE reads scalars only. */
const PROPERTIES = REQUESTED.map(({ property }) => property);
const textOf = (length: number | undefined) =>
  `${length === undefined ? 'LONGTEXT' : `VARCHAR(${length})`} CHARACTER SET utf8mb4`;
const FIELDS = REQUESTED.map(
  ({ name, kind, length }, index) =>
    `${name} ${kind === 'number' ? 'BIGINT' : textOf(length)} PATH '$[${1 + index}]'`,
);

const INSERT = `
  INSERT INTO orders (${NEW_ORDER_COLUMNS}, status, created_at, updated_at)
  SELECT v.seq, v.seq, ${REQUESTED.map(({ name }) => `v.${name}`).join(', ')}, 'Pending', t.at, t.at
  FROM (SELECT ? AS at) AS t, JSON_TABLE(?, '$[*]' COLUMNS (seq BIGINT PATH '$[0]', ${FIELDS.join(', ')})) AS v
  WHERE v.idempotency_key IS NULL
    OR NOT EXISTS (SELECT 1 FROM order_keys WHERE order_keys.idempotency_key = v.idempotency_key)
  ON DUPLICATE KEY UPDATE orders.seq = orders.seq`;

const M = `(SELECT ${TRANSITION_PARAMETERS.map(([name]) => `? AS ${name}`).join(', ')}) AS m`;

/** By number, or it would lock all that are Pending on the way, or be held up by any of them. */
const LOCK = `
  SELECT orders.seq FROM orders FORCE INDEX (PRIMARY), ${M}
  WHERE ${isTransitioning(NOW)} AND orders.seq IN (?)
  ORDER BY orders.seq FOR UPDATE`;

/**
 * For recovery: the owner of an attempt may stand still in the middle of a transaction, which keeps some of them locked, and
 * they would hold up the others. A claim waits instead: what it skipped would be overtaken.
 */
const LOCK_FREE = `${LOCK} SKIP LOCKED`;

const UPDATE = `
  UPDATE orders FORCE INDEX (PRIMARY), ${M} SET ${transitionSets(`${NOW} + m.lease_ms`, (name) => `orders.${name}`)}
  WHERE orders.seq IN (?) AND ${isTransitioning(NOW)}`;

const INSERT_HISTORY = `
  INSERT INTO order_history (order_seq, at, from_status, to_status, attempt, reason)
  SELECT seq, ?, ?, ?, attempts, ? FROM orders WHERE seq IN (?) ORDER BY seq`;

/** Its names of indexes, where they differ: one index serves what others have two partial ones for. */
const INDEXES: Record<string, string> = { orders_pkey: 'PRIMARY', orders_delayed: 'orders_pending' };

/** Every transaction shares this lock from before it draws its numbers until it ends. */
const JOIN_WRITERS = 'SELECT id FROM order_log_barrier LOCK IN SHARE MODE';
const NO_WRITERS = 'SELECT id FROM order_log_barrier FOR UPDATE SKIP LOCKED';
const WAIT_FOR_WRITERS = 'SELECT id FROM order_log_barrier FOR UPDATE';

/** Failed tries after which a reader of the log waits for the writers, and has new ones wait for it. */
const MOST_TRIES = 8;

/** Tries after a wait that failed, because a process stands still in its transaction: others shall not often wait too. */
const TRIES_AFTER_FAILURE = 400;

const STATEMENTS = {
  insertKeys: `
    INSERT INTO order_keys (idempotency_key, order_seq)
    SELECT v.idempotency_key, v.seq FROM JSON_TABLE(?, '$[*]' COLUMNS (
      idempotency_key VARCHAR(255) PATH '$[0]', seq BIGINT PATH '$[1]'
    )) AS v STRAIGHT_JOIN orders FORCE INDEX (PRIMARY) ON orders.seq = v.seq
    WHERE NOT EXISTS (SELECT 1 FROM orders AS others WHERE others.idempotency_key = v.idempotency_key)
    LOCK IN SHARE MODE
    ON DUPLICATE KEY UPDATE order_keys.order_seq = order_keys.order_seq`,
  holders: selectHolders('IN (?)', 'CHAR_LENGTH'),
  findByIds: `SELECT ${ORDER_COLUMNS} FROM orders WHERE order_id IN (?)`,
  endDelays: `UPDATE orders FORCE INDEX (PRIMARY) SET not_before = NULL WHERE status = 'Pending' AND not_before <= ? AND seq IN (?)`,
  addToCounters: `
    INSERT INTO order_counters (name, slot, value)
    SELECT v.name, ?, v.delta FROM JSON_TABLE(?, '$[*]' COLUMNS (
      name VARCHAR(64) CHARACTER SET utf8mb4 PATH '$[0]', delta BIGINT PATH '$[1]'
    )) AS v
    ON DUPLICATE KEY UPDATE order_counters.value = order_counters.value + VALUES(value)`,
};

/**
 * MySQL 8 and MariaDB: many values are an array, which the driver writes as `1, 2, 3`. Neither returns the rows of an
 * UPDATE, so those that will change are locked before, and read after.
 */
export class MysqlOrdersSql extends OrdersSql {
  readonly insertCommits = 1;
  readonly now = NOW;
  readonly inList = 'IN (?)';
  readonly isDelayed = `status = 'Pending'`; // compared, a null is not true
  protected readonly statements = STATEMENTS;
  #tries = 0;

  async transaction<Result>(
    { orders, requeued }: Demand,
    work: (query: Query, numbers: Iterator<number>) => Promise<Result>,
  ): Promise<Result> {
    return this.database.transaction(async (query) => {
      await query(JOIN_WRITERS);
      const numbers = await this.#reserve(orders + requeued); // in its own, so that nobody waits for the sequence
      return work(query, numbers.values());
    });
  }

  async insertOrders(
    query: Query,
    orders: NewOrder[],
    at: number,
    numbers: Iterator<number>,
  ): Promise<(number | null)[]> {
    const seqs = draw(numbers, orders.length);
    const rows = orders.map((order, index) => [
      seqs[index],
      ...PROPERTIES.map((property) =>
        property === 'itemIds' ? JSON.stringify(order.itemIds) : order[property],
      ),
    ]);
    await query(INSERT, [at, JSON.stringify(rows)]);
    const stored = await query<{ seq: number }>('SELECT seq FROM orders WHERE seq IN (?)', [this.list(seqs)]);
    if (stored.length > 0) await this.addToCounters(query, [['Pending', stored.length]]);
    const isStored = new Set(stored.map(({ seq }) => Number(seq)));
    return seqs.map((seq) => (isStored.has(seq) ? seq : null));
  }

  async transition(
    query: Query,
    seqs: number[],
    request: TransitionRequest,
    queueSeq: number | null,
  ): Promise<TransitionedRow[]> {
    const values = transitionValues(request, queueSeq);
    const lock = request.ifExpired ? LOCK_FREE : LOCK;
    const locked = await query<{ seq: number }>(lock, [...values, this.list(seqs)]);
    if (locked.length === 0) return [];
    const made = this.list(locked.map(({ seq }) => Number(seq)));
    await query(UPDATE, [...values, made]);
    const { at, from, to, reason } = request;
    await query(INSERT_HISTORY, [at, from, to, storable(reason), made]);
    return query(`SELECT ${TRANSITIONED} FROM orders WHERE seq IN (?) ORDER BY seq`, [made]);
  }

  /** An UPDATE locks all that it looks at, and would wait for orders of a process that stands still: first the numbers. */
  async renewLeases(query: Query, owner: string, leaseMs: number): Promise<void> {
    const own = await query<{ seq: number }>(
      `SELECT seq FROM ${this.table('orders_status')} WHERE status = 'Processing' AND owner = ?`,
      [owner],
    );
    const sql = `UPDATE ${this.table('orders_pkey')} SET lease_until = ${NOW} + ?
      WHERE status = 'Processing' AND owner = ? AND seq IN (?)`;
    await query(sql, [leaseMs, owner, this.list(own.map(({ seq }) => Number(seq)))]);
  }

  /** At a moment without a writer the highest numbers are the end. */
  override logEnd(): Promise<LogPosition | undefined> {
    const waits = ++this.#tries >= MOST_TRIES;
    if (waits) this.#tries = -TRIES_AFTER_FAILURE; // unless it succeeds
    const lock = waits ? WAIT_FOR_WRITERS : NO_WRITERS;
    return this.database.transaction(async (query) => {
      if ((await query(lock)).length === 0) return undefined;
      this.#tries = 0;
      const [row] = await query<LogPosition>(HIGHEST);
      return row && toPosition(row);
    });
  }

  walk(walk: Walk): WalkSql {
    return walk === 'orders_pkey' ? BY_SEQ : BY_INSTANT_SPELT_OUT;
  }

  table(index: string): string {
    return this.indexed('orders', index);
  }

  indexed(table: string, index: string): string {
    return `${table} FORCE INDEX (${INDEXES[index] ?? index})`;
  }

  deleteFrom(table: string, index: string): string {
    return `DELETE ${table} FROM ${this.indexed(table, index)}`;
  }

  isOneOf(column: string, name: string): string {
    return `${column} IN (:${name})`;
  }

  list(values: (number | string)[]): (number | string | null)[] {
    return values.length > 0 ? values : [null]; // IN () is no SQL, IN (NULL) is true of nothing
  }

  async #reserve(count: number): Promise<number[]> {
    if (count === 0) return [];
    const last = await this.database.transaction(async (query) => {
      await query('UPDATE order_sequence SET value = LAST_INSERT_ID(value + ?)', [count]);
      const [row] = await query<{ last: number }>('SELECT LAST_INSERT_ID() AS last');
      return Number(row?.last);
    });
    return Array.from({ length: count }, (_, index) => last - count + 1 + index);
  }
}
