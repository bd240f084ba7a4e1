import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The one row that tells up to where in the log orders were deleted, and which process deletes at present. */
export class OrderDeletions1764000000000 implements MigrationInterface {
  readonly name = 'OrderDeletions1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE order_deletions (id INT NOT NULL PRIMARY KEY, accepted BIGINT NOT NULL, transitioned BIGINT NOT NULL,
        owner VARCHAR(64), lease_until BIGINT)`,
    );
    await runner.query('INSERT INTO order_deletions (id, accepted, transitioned) VALUES (0, 0, 0)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM order_counters WHERE name LIKE 'deleted:%'`);
    await runner.query('DROP TABLE order_deletions');
  }
}
