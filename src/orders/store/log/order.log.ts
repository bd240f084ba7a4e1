import { Injectable } from '@nestjs/common';
import type { OrderTransition } from '../../../domain/order.events.js';
import { DELETED, isAtOrAfter, NOTHING, toPosition, type LogPosition } from './log.position.js';
import { OrdersSql } from '../sql/orders.sql.js';

/** An entry of the log, and the position right after it. */
export interface LogEntry extends Omit<OrderTransition, 'queueSeq'> {
  position: LogPosition;
}

const ACCEPTED = `
  SELECT seq, order_id AS "orderId", user_id AS "userId", NULL AS "from", 'Pending' AS "to", 0 AS attempt,
    created_at AS at, seq AS number
  FROM orders WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?`;

const TRANSITIONED = `
  SELECT order_seq AS seq, order_id AS "orderId", user_id AS "userId", from_status AS "from", to_status AS "to",
    attempt, at, id AS number
  FROM order_history JOIN orders ON orders.seq = order_history.order_seq
  WHERE id > ? AND id <= ? ORDER BY id LIMIT ?`;

type Row = Omit<LogEntry, 'position'> & { number: number };

/**
 * Everything that became of orders, of all processes, each transition once: acceptances by seq, then the other
 * transitions by id, so that those of one order come in their order. A position stays valid over restarts and in every
 * process. Nothing is written for it beside the orders and their history.
 */
@Injectable()
export class OrderLog {
  #latest: Promise<unknown> = Promise.resolve();

  constructor(private readonly sql: OrdersSql) {}

  /** See `OrdersSql.logEnd`. @throws DatabaseUnavailable */
  end(): Promise<LogPosition | undefined> {
    const end = this.#latest.then(() => this.sql.logEnd());
    this.#latest = end.catch(() => undefined);
    return end;
  }

  /** Whether a position is not beyond what there is, as in a database that was restored. @throws DatabaseUnavailable */
  async reaches(position: LogPosition): Promise<boolean> {
    return isAtOrAfter(await this.sql.highest(), position);
  }

  /** Whether entries after a position are gone, because their orders were deleted. @throws DatabaseUnavailable */
  async hasGapAfter(position: LogPosition): Promise<boolean> {
    const [deleted] = await this.sql.database.read<LogPosition>(DELETED);
    return !isAtOrAfter(position, toPosition(deleted ?? NOTHING));
  }

  /** The entries after one position and up to another; at most `limit`, and none only at the end. @throws DatabaseUnavailable */
  async read(after: LogPosition, upTo: LogPosition, limit: number): Promise<LogEntry[]> {
    const { accepted, transitioned } = after;
    const rows = await this.#rows(ACCEPTED, accepted, upTo.accepted, limit);
    if (rows.length > 0)
      return rows.map(({ number, ...row }) => ({ ...row, position: { accepted: number, transitioned } }));
    const position = Math.max(accepted, upTo.accepted);
    return (await this.#rows(TRANSITIONED, transitioned, upTo.transitioned, limit)).map(
      ({ number, ...row }) => ({
        ...row,
        position: { accepted: position, transitioned: number },
      }),
    );
  }

  async #rows(sql: string, after: number, upTo: number, limit: number): Promise<Row[]> {
    if (after >= upTo) return [];
    const rows = await this.sql.database.read<Row>(sql, [after, upTo, limit]);
    return rows.map((row) => ({
      ...row,
      seq: Number(row.seq),
      at: Number(row.at),
      number: Number(row.number),
    }));
  }
}
