import type { Dialect } from '../../database/database.js';
import { MYSQL } from './mysql.sql.js';
import { POSTGRES } from './postgres.sql.js';
import { SQLITE } from './sqlite.sql.js';

/**
 * Every statement on orders that is not the same text on every database. Positional parameters are `?`; a text never
 * varies with the number of orders, because many values are one parameter (`list`).
 */
export interface OrdersSql {
  /** Many values as one parameter, for statements that say so. */
  list(values: (number | string)[]): unknown;
  /** An order's items inside the JSON of `insertOrders`, if not as they are. */
  items?: (itemIds: string[]) => unknown;
  /**
   * Takes the instant and `[[seq, orderId, idempotencyKey, userId, totalAmount, items], …]` as JSON. One whose id or key
   * is taken is left out. Returns the seq of each row stored, unless there is `storedOrders`.
   */
  insertOrders?: string;
  /** Takes a list of seqs; returns those that there are. */
  storedOrders?: string;
  /**
   * Instead of `insertOrders`: numbers, rows and the counter in one statement. Takes the orders as JSON, the instant and
   * the counters' slot. Returns one row: `seqs`, for each order its seq, null where the id or key is taken.
   */
  acceptOrders?: string;
  /** The same for orders with ids of the server's own and without keys: they are not looked for. */
  acceptNewOrders?: string;
  /**
   * Takes a length, a list of order ids, the length, a list of idempotency keys, and both again; returns the orders that
   * hold them (`HolderRow`), without items that are longer than that.
   */
  selectHolders: string;
  /** Takes `[[key, seq], …]` as JSON: keys that came with repeats. One that is taken is left out. */
  insertKeys: string;
  /**
   * The only statement that writes `status`: compare-and-set on the status and, for a running attempt, on its number. An
   * order that is delayed is not started: `endDelay` ends the delay.
   * Takes from, to, attempt (null: any), at, notBefore, owner, leaseMs, error, queueSeq, interrupted (0 or 1), ifExpired (0
   * or 1) unless there is `movableOrders`, the reason unless there is `insertHistory`, and a list of seqs: what is the same
   * for all of them is bound once. Returns the orders that moved, unless there is `movableOrders`.
   */
  moveOrders: string;
  /** Takes from, to, attempt twice, ifExpired, and a list of seqs; locks and returns the orders that `moveOrders` will move. */
  movableOrders?: string;
  /** Takes a list of seqs; returns the orders as `moveOrders` would. */
  movedOrders?: string;
  /** Takes at, from, to, reason, and a list of the seqs that moved so. Not where `moveOrders` writes it. */
  insertHistory?: string;
  /** Takes an instant and a list of seqs: those that are Pending, and delayed no longer than that, may start from now on. */
  endDelay: string;
  /** Takes `[[name, slot, delta], …]` as JSON. */
  addToCounters: string;
  /** Beside a column in a repository's query, whose parameter of this name is a list. */
  isIn(parameter: string): string;
  /** Takes a list of order ids; returns these columns of theirs. */
  selectByIds(columns: string): string;
  /** What is to be said beside a comparison of `not_before`, for the index that holds delayed orders. They all are Pending. */
  delayed: string;
  /** The instant by the database's clock, in milliseconds since 1970. */
  now: string;
  /** Said after `orders`: which index to take, where the database must be told. */
  useIndex(name: string): string;
}

const BY_DIALECT: Record<Dialect, OrdersSql> = { sqlite: SQLITE, postgres: POSTGRES, mysql: MYSQL };

export function ordersSql(dialect: Dialect): OrdersSql {
  return BY_DIALECT[dialect];
}
