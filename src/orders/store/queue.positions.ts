import type { Clock } from '../../common/clock.js';
import type { OrdersSql } from './sql/orders.sql.js';

/** What `orders_pending` holds: an order whose back-off has not ended is in nobody's way there. */
export const STARTABLE = `status = 'Pending' AND not_before IS NULL`;

/** With fewer orders ahead they are counted by each question. */
const FEW = 100;

/** Positions whose orders are counted together. */
const BLOCK = 256;

/** Rows read at once: one to two milliseconds on SQLite, whose reads hold up the event loop. */
const CHUNK = 32 * BLOCK;

/** Positions after the head that are counted; beyond, each counts as an order. */
const MOST = 2_000_000;

/** Counts are used for a second, or for so many times as counting took. */
const FRESH_MS = 1000;
const FRESH_TIMES = 20;

interface Near {
  ahead: number;
  head: number | null;
}

/** Orders by the first position of their block, of all blocks from `begin` up to `end`. */
interface Counts {
  blocks: Map<number, number>;
  begin: number;
  end: number;
  /** On the monotonic clock. */
  freshUntilMs: number;
}

/**
 * How many orders that may start now stand before a position. Positions that were cancelled, delayed or never used do
 * not count. The orders at the head and in the position's own block are counted by each question; those between are
 * counted block by block, all at once and at most once a second, so that a question costs the same however long the queue.
 */
export class QueuePositions {
  #counts: Counts = { blocks: new Map(), begin: 0, end: 0, freshUntilMs: 0 };
  #counting: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly sql: OrdersSql,
    private readonly clock: Clock,
  ) {}

  /** @throws DatabaseUnavailable */
  async ahead(position: number): Promise<number> {
    const { ahead, head } = await this.#near(position);
    if (ahead < FEW || head === null) return ahead;
    const last = Math.min(position, blockOf(head) + MOST);
    const counts = this.#ready(blockOf(head), blockOf(last));
    if (counts) return (await this.#deep(head, last, counts.blocks)) + position - last;
    await this.#counted(blockOf(head), blockOf(last));
    return this.ahead(position); // the head moved on meanwhile
  }

  /** Counts up to `FEW`, and tells where the queue begins. */
  async #near(position: number): Promise<Near> {
    const table = this.sql.table('orders_pending');
    const [row] = await this.sql.database.read<Near>(
      `SELECT
        (SELECT COUNT(*) FROM (SELECT 1 FROM ${table} WHERE ${STARTABLE} AND queue_seq < ? LIMIT ${FEW}) AS before_it) AS ahead,
        (SELECT queue_seq FROM ${table} WHERE ${STARTABLE} AND queue_seq > 0 ORDER BY queue_seq LIMIT 1) AS head`,
      [position],
    );
    const head = row?.head ?? null;
    return { ahead: Number(row?.ahead ?? 0), head: head === null ? null : Number(head) };
  }

  async #deep(head: number, position: number, blocks: Counts['blocks']): Promise<number> {
    const own = blockOf(position);
    const second = Math.min(blockOf(head) + BLOCK, own);
    // by the order and the limit PostgreSQL knows the index
    const count = `SELECT COUNT(*) FROM (SELECT 1 FROM ${this.sql.table('orders_pending')}
      WHERE ${STARTABLE} AND queue_seq >= ? AND queue_seq < ? ORDER BY queue_seq LIMIT ${BLOCK}) AS part`;
    const [row] = await this.sql.database.read<{ first: number; last: number }>(
      `SELECT (${count}) AS first, (${count}) AS last`,
      [head, second, Math.max(head, own), position],
    );
    let ahead = Number(row?.first) + Number(row?.last);
    for (let block = second; block < own; block += BLOCK) ahead += blocks.get(block) ?? 0;
    return ahead;
  }

  /** Counts of these blocks that are not too old, if there are any. */
  #ready(begin: number, end: number): Counts | undefined {
    const isFresh = this.clock.monotonicMs() < this.#counts.freshUntilMs;
    return isFresh && this.#counts.begin <= begin && end <= this.#counts.end ? this.#counts : undefined;
  }

  /** Sees to it that these blocks are counted, for one question after the other: the next may find them ready. */
  #counted(begin: number, end: number): Promise<void> {
    const counted = this.#counting.then(async () => {
      const startedAtMs = this.clock.monotonicMs();
      const isFresh = startedAtMs < this.#counts.freshUntilMs;
      const counts = isFresh ? this.#counts : { blocks: new Map(), begin, end: begin, freshUntilMs: 0 };
      await this.#count(begin, counts.begin, counts.blocks);
      counts.begin = Math.min(counts.begin, begin);
      await this.#count(counts.end, end, counts.blocks);
      counts.end = Math.max(counts.end, end);
      if (isFresh) return;
      const nowMs = this.clock.monotonicMs();
      counts.freshUntilMs = nowMs + Math.max(FRESH_MS, FRESH_TIMES * (nowMs - startedAtMs));
      this.#counts = counts;
    });
    this.#counting = counted.catch(() => undefined);
    return counted;
  }

  async #count(from: number, to: number, blocks: Counts['blocks']): Promise<void> {
    for (let next = from; next < to;) {
      const rows = await this.sql.database.read<{ block: number; count: number }>(
        `SELECT block, COUNT(*) AS count FROM
          (SELECT queue_seq - queue_seq % ${BLOCK} AS block FROM ${this.sql.table('orders_pending')}
           WHERE ${STARTABLE} AND queue_seq >= ? AND queue_seq < ? ORDER BY queue_seq LIMIT ${CHUNK}) AS chunk
         GROUP BY block ORDER BY block`,
        [next, to],
      );
      for (const { block, count } of rows) blocks.set(Number(block), Number(count));
      if (rows.reduce((sum, { count }) => sum + Number(count), 0) < CHUNK) return;
      next = Number(rows.at(-1)?.block); // maybe not all of it was read
      await this.clock.turn();
    }
  }
}

function blockOf(position: number): number {
  return position - (position % BLOCK);
}
