import type { Database, Query } from '../../../database/database.js';
import type { TransitionRequest } from '../../../domain/order.transition.js';
import type { HolderRow, NewOrder } from '../idempotency.rules.js';
import type { OrderRow } from '../order.row.js';
import type { TransitionedRow } from '../transition.rows.js';
import { HIGHEST, NOTHING, toPosition, type LogPosition } from '../log/log.position.js';
import { randomShard } from './shards.js';
import type { Walk, WalkSql } from './walk.sql.js';

/** What a transaction is going to write. */
export interface Demand {
  /** New orders, and orders that go to the tail of the queue: each needs a number of its own. */
  orders: number;
  requeued: number;
  /** Whether it writes anything besides new orders. */
  isMore: boolean;
}

/**
 * Everything about orders that is not the same on every database, as whole operations: one class for each, and nobody
 * outside asks which it is. Texts of statements never vary with the number of orders. Positional parameters are `?`.
 */
export abstract class OrdersSql {
  constructor(readonly database: Database) {}

  /**
   * Commits of new orders that may be under way beside one of other writes. 0 on SQLite, which has one writer: there all
   * writes share one commit after the other. Servers keep the order of the calls (`Database.write`).
   */
  abstract readonly insertCommits: 0 | 1 | 2;

  /**
   * Runs `work` in one transaction. `numbers` are unused ones of the sequence that both `seq` and `queue_seq` are taken
   * from, ascending: one for each requeued order and, unless the insert draws them itself, one for each new one. What is
   * not used is a gap. Errors as `Database.transaction`.
   */
  abstract transaction<Result>(
    demand: Demand,
    work: (query: Query, numbers: Iterator<number>) => Promise<Result>,
  ): Promise<Result>;

  /**
   * Stores the orders in this sequence, created at `at`, and counts them as Pending.
   * @returns each one's seq, null where its id or key is taken
   */
  abstract insertOrders(
    query: Query,
    orders: NewOrder[],
    at: number,
    numbers: Iterator<number>,
  ): Promise<(number | null)[]>;

  /**
   * The only statement that writes `status`: a compare-and-set on the status and, where it is given, on the attempt. One
   * that is delayed does not start (`endDelays` ends the delay). Writes the history too.
   * @param request what all of these orders have in common; its `seq` is not looked at
   * @param queueSeq a new position in the queue
   * @returns the orders that made the transition
   */
  abstract transition(
    query: Query,
    seqs: number[],
    request: TransitionRequest,
    queueSeq: number | null,
  ): Promise<TransitionedRow[]>;

  /** Pending orders among these that are delayed until `now` at most may start from now on. */
  async endDelays(query: Query, seqs: number[], now: number): Promise<void> {
    await query(this.statements.endDelays, [now, this.list(seqs)]);
  }

  /** Renews the leases of all that `owner` processes, by the database's clock. */
  abstract renewLeases(query: Query, owner: string, leaseMs: number): Promise<void>;

  /** Adds to counters, in the order of their names. */
  async addToCounters(query: Query, deltas: [name: string, delta: number][]): Promise<void> {
    await query(this.statements.addToCounters, [this.shard(), JSON.stringify(deltas)]);
  }

  /** Of the counters, for one transaction: on servers one at random, so that few wait for each other's rows. */
  protected shard(): number {
    return randomShard();
  }

  /** Statements with the same parameters on every database. */
  protected abstract readonly statements: {
    /** Parameter: pairs of a key and a seq, as JSON. Locks the orders, so that none is deleted and leaves its key behind. */
    insertKeys: string;
    /** `selectHolders`, of lists. */
    holders: string;
    /** Parameter: a list of order ids. */
    findByIds: string;
    /** Parameters: now, a list of seqs. */
    endDelays: string;
    /** Parameters: the shard, pairs of a name and a number as JSON. */
    addToCounters: string;
  };

  /** Keeps keys that came with repeats of an order. One that is taken is left out. */
  async insertKeys(keys: [key: string, seq: number][]): Promise<void> {
    await this.database.write(this.statements.insertKeys, [JSON.stringify(keys)]);
  }

  /** The orders that hold one of these ids or keys. Items longer than `longest` characters are not read. */
  holders(orderIds: string[], keys: string[], longest: number): Promise<HolderRow[]> {
    const [ids, itsKeys] = [this.list(orderIds), this.list(keys)];
    return this.database.read(this.statements.holders, [longest, ids, longest, itsKeys, longest, itsKeys]);
  }

  /** The orders with these ids, in any sequence. */
  findByIds(orderIds: string[]): Promise<OrderRow[]> {
    return this.database.read(this.statements.findByIds, [this.list(orderIds)]);
  }

  /** The cursor at which a list of the orders begins that were created at `at` or later. */
  firstCreated(at: number): Promise<{ createdAt: number; seq: number }> {
    return Promise.resolve({ createdAt: at, seq: 0 });
  }

  /**
   * An end of the log behind which nothing is committed any more: all orders and all history up to it can be read.
   * Transactions draw their numbers before they commit, so on a server a lower number may be committed after a higher one
   * was read. undefined: not known at this moment, ask again soon. Calls must not overlap.
   */
  logEnd(): Promise<LogPosition | undefined> {
    return this.highest();
  }

  /** The highest numbers in the log; lower ones may yet be committed. */
  async highest(): Promise<LogPosition> {
    const [row] = await this.database.read<LogPosition>(HIGHEST);
    return toPosition(row ?? NOTHING);
  }

  /** How a list goes along an index. */
  abstract walk(walk: Walk): WalkSql;

  /** `orders`, to be read along this index: databases whose planner would choose another one are told. */
  abstract table(index: string): string;

  /** True of orders whose back-off has not been ended, beside a comparison of `not_before`: what the index of them says. */
  abstract readonly isDelayed: string;

  /** The instant by the database's clock, in milliseconds since 1970. */
  abstract readonly now: string;

  /** A condition for the query of a repository: `column` is one of the parameter `name`, which `list` makes. */
  abstract isOneOf(column: string, name: string): string;

  /** After a column: it is one of a parameter, which `list` makes of numbers. */
  abstract readonly inList: string;

  /** Ends a SELECT: others wait to change these rows; without those that are locked already. SQLite has one writer. */
  readonly lock: string = 'FOR UPDATE';
  readonly lockFree: string = 'FOR UPDATE SKIP LOCKED';

  /** A table, to be read along this index. */
  abstract indexed(table: string, index: string): string;

  /** `DELETE FROM` a table, whose rows are found along this index: others are not locked on the way. */
  abstract deleteFrom(table: string, index: string): string;

  /** Many values as one parameter. */
  abstract list(values: (number | string)[]): unknown;
}
