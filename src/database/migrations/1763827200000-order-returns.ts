import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Counters of what no status tells later: attempts that were tried again or were cut off, Failed orders that a person had
 * done anew, and how long orders waited for their first start. The history tells all of it of the orders there are.
 */
export class OrderReturns1763827200000 implements MigrationInterface {
  readonly name = 'OrderReturns1763827200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      count(RETURN, `order_history WHERE to_status = 'Pending' AND from_status IS NOT NULL`),
    );
    await runner.query(
      count(
        WAIT,
        `(SELECT h.at - o.created_at AS ms FROM order_history h JOIN orders o ON o.seq = h.order_seq
          WHERE h.to_status = 'Processing' AND h.attempt = 1) AS starts`,
      ),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DELETE FROM order_counters WHERE name IN ('retried', 'interrupted', 'redriven') OR name LIKE 'wait_ms:%'`,
    );
  }
}

const RETURN = `
  CASE WHEN from_status = 'Failed' THEN 'redriven'
    WHEN reason IN ('interrupted', 'released at shutdown') THEN 'interrupted'
    ELSE 'retried' END`;

const BOUNDS_MS = [
  5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000,
  14_400_000, 86_400_000,
];

const WAIT = `
  CASE ${BOUNDS_MS.map((bound) => `WHEN ms <= ${bound} THEN 'wait_ms:${bound}'`).join(' ')}
    ELSE 'wait_ms:Infinity' END`;

/** Adds a counter for each value of `name`: how many rows have it. */
function count(name: string, from: string): string {
  return `INSERT INTO order_counters (name, slot, value)
    SELECT name, 0, COUNT(*) FROM (SELECT ${name} AS name FROM ${from}) AS counted GROUP BY name`;
}
