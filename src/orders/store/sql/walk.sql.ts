/** What orders are walked along: the primary key, or an index that begins with what must be the same for all. */
export type Walk = 'orders_pkey' | 'orders_created' | 'orders_status' | 'orders_user';

/** How a list goes along an index, newest first or oldest first, between two cursors. Every part is bound to one index. */
export interface WalkSql {
  /** Conditions: at or after a cursor, and before one; and how a cursor is bound in them. */
  from: string;
  before: string;
  bind(cursor: { createdAt: number; seq: number }): number[];
  newestFirst: string;
  oldestFirst: string;
}

/** One process has one clock, so what was accepted later was created later: the row number tells the order. */
export const BY_SEQ: WalkSql = {
  from: 'orders.seq >= ?',
  before: 'orders.seq < ?',
  bind: ({ seq }) => [seq],
  newestFirst: 'seq DESC',
  oldestFirst: 'seq',
};

export const BY_INSTANT: WalkSql = {
  from: '(orders.created_at, orders.seq) >= (?, ?)',
  before: '(orders.created_at, orders.seq) < (?, ?)',
  bind: ({ createdAt, seq }) => [createdAt, seq],
  newestFirst: 'created_at DESC, seq DESC',
  oldestFirst: 'created_at, seq',
};

/**
 * The two indexes that begin with a column keep nulls first, and there are none: so no other index has the order that is
 * asked for here, and PostgreSQL cannot choose to walk along another one, filtering, when its statistics mislead it.
 */
export const BY_INSTANT_NULLS_FIRST: WalkSql = {
  ...BY_INSTANT,
  newestFirst: 'created_at DESC NULLS LAST, seq DESC NULLS LAST',
  oldestFirst: 'created_at NULLS FIRST, seq NULLS FIRST',
};

/** MySQL finds no range in a comparison of rows. */
export const BY_INSTANT_SPELT_OUT: WalkSql = {
  ...BY_INSTANT,
  from: '(orders.created_at > ? OR (orders.created_at = ? AND orders.seq >= ?))',
  before: '(orders.created_at < ? OR (orders.created_at = ? AND orders.seq < ?))',
  bind: ({ createdAt, seq }) => [createdAt, createdAt, seq],
};
