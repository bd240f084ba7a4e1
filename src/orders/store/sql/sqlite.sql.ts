import type { Query } from '../../../database/database.js';
import type { TransitionRequest } from '../../../domain/order.transition.js';
import { REQUESTED } from '../columns.js';
import type { NewOrder } from '../idempotency.rules.js';
import { ORDER_COLUMNS } from '../order.row.js';
import type { TransitionedRow } from '../transition.rows.js';
import { SEARCH_CREATED_AT } from './created.search.js';
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
import { BY_SEQ, type WalkSql } from './walk.sql.js';

const NOW = `CAST(unixepoch('subsec') * 1000 AS INTEGER)`;
const IN_LIST = 'IN (SELECT value FROM json_each(?))';

/** An order is an array in the JSON: its number, then what is inserted of its request. */
const PROPERTIES = REQUESTED.map(({ property }) => property);
const KEY = `value ->> ${1 + PROPERTIES.indexOf('idempotencyKey')}`;
const VALUES = PROPERTIES.map(
  (property, index) => `value ${property === 'itemIds' ? '->' : '->>'} ${1 + index}`,
);

// Mostly no order has a key: to find that out of the JSON row by row cost a twentieth of the statement.
const INSERT = `
  INSERT INTO orders (${NEW_ORDER_COLUMNS}, status, created_at, updated_at)
  SELECT value ->> 0, value ->> 0, ${VALUES.join(', ')}, 'Pending', at, at
  FROM (SELECT ? AS at, ? AS has_keys), json_each(?)
  WHERE NOT has_keys OR ${KEY} IS NULL OR NOT EXISTS (SELECT 1 FROM order_keys WHERE idempotency_key = ${KEY})
  ON CONFLICT DO NOTHING`;

// RETURNING would cost a tenth of the insert: nearly always all are stored.
const HOW_MANY = 'SELECT changes() AS stored';
const WHICH = `SELECT seq FROM orders WHERE seq ${IN_LIST}`;

const RESERVE = `
  INSERT INTO order_counters (name, slot, value) VALUES ('last_seq', 0, ?)
  ON CONFLICT (name, slot) DO UPDATE SET value = order_counters.value + excluded.value
  RETURNING value AS last`;

// What is the same for all orders is bound once: to take it out of JSON row by row would cost twice the update itself.
const UPDATE = `
  UPDATE orders SET ${transitionSets('m.at + m.lease_ms')}
  FROM (SELECT ${TRANSITION_PARAMETERS.map(([name]) => `? AS ${name}`).join(', ')}) AS m
  WHERE orders.seq ${IN_LIST} AND ${isTransitioning(NOW)}
  RETURNING ${TRANSITIONED}`;

const INSERT_HISTORY = `
  INSERT INTO order_history (order_seq, at, from_status, to_status, attempt, reason)
  SELECT seq, ?, ?, ?, attempts, ? FROM orders WHERE seq ${IN_LIST} ORDER BY seq`;

const STATEMENTS = {
  insertKeys: `
    INSERT INTO order_keys (idempotency_key, order_seq) SELECT value ->> 0, value ->> 1 FROM json_each(?)
    WHERE EXISTS (SELECT 1 FROM orders WHERE seq = value ->> 1)
      AND NOT EXISTS (SELECT 1 FROM orders WHERE idempotency_key = value ->> 0)
    ON CONFLICT DO NOTHING`,
  holders: selectHolders(IN_LIST, 'LENGTH'),
  findByIds: `SELECT ${ORDER_COLUMNS} FROM orders WHERE order_id ${IN_LIST}`,
  endDelays: `UPDATE orders SET not_before = NULL WHERE status = 'Pending' AND not_before <= ? AND seq ${IN_LIST}`,
  addToCounters: `
    INSERT INTO order_counters (name, slot, value) SELECT value ->> 0, ?, value ->> 1 FROM json_each(?) WHERE true
    ON CONFLICT (name, slot) DO UPDATE SET value = order_counters.value + excluded.value`,
};

/** SQLite: many values are a JSON array, which `json_each` takes apart; one process writes, so nobody waits for a number. */
export class SqliteOrdersSql extends OrdersSql {
  readonly insertCommits = 0;
  readonly now = NOW;
  readonly inList = IN_LIST;
  override readonly lock = '';
  override readonly lockFree = '';
  readonly isDelayed = 'not_before IS NOT NULL';
  protected readonly statements = STATEMENTS;

  transaction<Result>(
    { orders, requeued }: Demand,
    work: (query: Query, numbers: Iterator<number>) => Promise<Result>,
  ): Promise<Result> {
    return this.database.transaction(async (query) =>
      work(query, (await this.#reserve(query, orders + requeued)).values()),
    );
  }

  async insertOrders(
    query: Query,
    orders: NewOrder[],
    at: number,
    numbers: Iterator<number>,
  ): Promise<(number | null)[]> {
    const seqs = draw(numbers, orders.length);
    const rows = orders.map((order, index) => {
      const row: unknown[] = [seqs[index]];
      for (const property of PROPERTIES) row.push(order[property]); // a third cheaper than with `map`
      return row;
    });
    const hasKeys = orders.some(({ idempotencyKey }) => idempotencyKey !== null);
    await query(INSERT, [at, Number(hasKeys), JSON.stringify(rows)]);
    const [count] = await query<{ stored: number }>(HOW_MANY);
    const stored = count?.stored ?? 0;
    if (stored > 0) await this.addToCounters(query, [['Pending', stored]]);
    if (stored === seqs.length) return seqs;
    const found = await query<{ seq: number }>(WHICH, [this.list(seqs)]);
    const isStored = new Set(found.map(({ seq }) => seq));
    return seqs.map((seq) => (isStored.has(seq) ? seq : null));
  }

  async transition(
    query: Query,
    seqs: number[],
    request: TransitionRequest,
    queueSeq: number | null,
  ): Promise<TransitionedRow[]> {
    const values = transitionValues(request, queueSeq);
    const rows = await query<TransitionedRow>(UPDATE, [...values, this.list(seqs)]);
    const { at, from, to, reason } = request;
    const history = [at, from, to, storable(reason), this.list(rows.map(({ seq }) => seq))];
    if (rows.length > 0) await query(INSERT_HISTORY, history);
    return rows;
  }

  async renewLeases(query: Query, owner: string, leaseMs: number): Promise<void> {
    const sql = `UPDATE orders SET lease_until = ${NOW} + ? WHERE status = 'Processing' AND owner = ?`;
    await query(sql, [leaseMs, owner]);
  }

  /** One process writes. */
  protected override shard(): number {
    return 0;
  }

  /** With one process, which has one clock, `seq` alone tells it. */
  override async firstCreated(at: number): Promise<{ createdAt: number; seq: number }> {
    const [row] = await this.database.read<{ seq: number }>(SEARCH_CREATED_AT, [at, at]);
    return { createdAt: at, seq: row?.seq ?? 1 };
  }

  walk(): WalkSql {
    return BY_SEQ;
  }

  /** Without statistics it prefers the index on the status, and reads every Pending order. */
  table(index: string): string {
    return BY_ROW_NUMBER.has(index) ? 'orders NOT INDEXED' : `orders INDEXED BY ${index}`;
  }

  indexed(table: string, index: string): string {
    return `${table} INDEXED BY ${index}`;
  }

  deleteFrom(table: string, index: string): string {
    return `DELETE FROM ${BY_ROW_NUMBER.has(index) ? table : this.indexed(table, index)}`;
  }

  isOneOf(column: string, name: string): string {
    return `${column} IN (SELECT value FROM json_each(:${name}))`;
  }

  list(values: (number | string)[]): string {
    return JSON.stringify(values);
  }

  async #reserve(query: Query, count: number): Promise<number[]> {
    if (count === 0) return [];
    const [row] = await query<{ last: number }>(RESERVE, [count]);
    const first = (row?.last ?? 0) - count + 1;
    return Array.from({ length: count }, (_, index) => first + index);
  }
}

/** It has no index on `created_at`: the row numbers are in that order. */
const BY_ROW_NUMBER = new Set(['orders_pkey', 'orders_created']);
