import { DataSource } from 'typeorm';
import { check, OUT_OF_TURN, type Finding, type Query } from '../../chaos/checker.js';
import { anOrder, post } from './client.js';

/** What clients sent, and what they were told. */
export class Ledger {
  readonly sent = new Set<string>();
  readonly acknowledged = new Set<string>();
  /** Each answer that was no acceptance, once: its status and its Retry-After. */
  readonly refusals = new Set<string>();
  /** When each order was first sent, and accepted: in one count of such events. */
  readonly #sentAt = new Map<string, number>();
  readonly #acceptedAt = new Map<string, number>();

  /** The count of events so far. */
  get now(): number {
    return this.#sentAt.size + this.#acceptedAt.size;
  }

  /** @param at when it was first on its way, if not now */
  send(orderId: string, at = this.now): void {
    this.sent.add(orderId);
    if (!this.#sentAt.has(orderId)) this.#sentAt.set(orderId, at);
  }

  accept(orderId: string): void {
    if (this.acknowledged.has(orderId)) return;
    this.acknowledged.add(orderId);
    this.#acceptedAt.set(orderId, this.now);
  }

  /** @returns whether the order is accepted */
  note(orderId: string, status: number, retryAfter: string | null): boolean {
    const isAccepted = status === 200 || status === 201;
    if (isAccepted) this.accept(orderId);
    else this.refusals.add(`${status}, Retry-After: ${retryAfter}`);
    return isAccepted;
  }

  /** Posts an order, and notes the answer. @returns whether it is accepted */
  async post(url: string, order_id: string): Promise<boolean> {
    this.send(order_id);
    const { status, headers } = await post(`${url}/orders`, anOrder({ order_id }));
    return this.note(order_id, status, headers.get('retry-after'));
  }

  /**
   * What the chaos checker has against the database, now that nobody writes. An order has its turn before those that were
   * sent after it was accepted.
   * @param overlap as in `Turns`
   * @param overtaken how many orders may have been started later than that
   */
  async findings(url: string, overlap = 0, overtaken = 0): Promise<Finding[]> {
    const { sent, acknowledged } = this;
    const isBefore = (first: string, second: string) =>
      (this.#acceptedAt.get(first) ?? Infinity) < (this.#sentAt.get(second) ?? 0);
    const turns = { overlap, isBefore };
    const findings = await withDatabase(url, (query) => check(query, { sent, acknowledged, turns }));
    return findings.filter(({ check: name, count }) => count > (name === OUT_OF_TURN ? overtaken : 0));
  }
}

/** Asks a database server over a connection of its own. */
export async function withDatabase<Result>(
  url: string,
  use: (query: Query) => Promise<Result>,
): Promise<Result> {
  const type = url.startsWith('postgres') ? 'postgres' : 'mysql';
  const source = await new DataSource({ type, url, poolSize: 1 }).initialize();
  try {
    if (type === 'mysql') await source.query(`SET SESSION sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')`); // the checker's is standard SQL
    return await use(<Row>(sql: string) => source.query<Row[]>(sql));
  } finally {
    await source.destroy();
  }
}
