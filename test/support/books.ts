import { checkBooks, checkIntegrity, type Query } from '../../chaos/checker.js';
import { readTable } from './table.js';

/** Expects a database file to agree with itself in all that the chaos checker knows. */
export async function expectSound(file: string): Promise<void> {
  const query: Query = async <Row>(sql: string) => readTable<Row>(file, sql);
  const findings = [...(await checkBooks(query)), await checkIntegrity(query)];
  expect(findings.filter(({ count }) => count > 0)).toEqual([]);
}

/** How many orders are in each status, counted in the table. */
export function statusCounts(file: string): Record<string, number> {
  const sql = 'SELECT status, COUNT(*) AS count FROM orders GROUP BY status';
  const rows = readTable<{ status: string; count: number }>(file, sql);
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}
