import { DataSource } from 'typeorm';
import { check, type Finding, type Query } from '../../chaos/checker.js';

/** What clients sent, and what they were told. */
export class Ledger {
  readonly sent = new Set<string>();
  readonly acknowledged = new Set<string>();
  /** Each answer that was no acceptance, once: its status and its Retry-After. */
  readonly refusals = new Set<string>();

  /** @returns whether the order is accepted */
  note(orderId: string, status: number, retryAfter: string | null): boolean {
    const isAccepted = status === 200 || status === 201;
    if (isAccepted) this.acknowledged.add(orderId);
    else this.refusals.add(`${status}, Retry-After: ${retryAfter}`);
    return isAccepted;
  }

  /**
   * What the chaos checker has against the database, now that nobody writes.
   * @param overlap as in `Promises`
   * @param overtaken how many orders may have been started later than that
   */
  async findings(url: string, overlap = 0, overtaken = 0): Promise<Finding[]> {
    const { sent, acknowledged } = this;
    const findings = await withDatabase(url, (query) => check(query, { sent, acknowledged, overlap }));
    return findings.filter(
      ({ check: name, count }) => count > (name === 'started out of turn' ? overtaken : 0),
    );
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
