import type { MigrationInterface, QueryRunner } from 'typeorm';

/** MySQL: the row that every transaction which accepts or transitions orders locks, so that a reader can wait for all. */
export class LogBarrier1763856000000 implements MigrationInterface {
  readonly name = 'LogBarrier1763856000000';

  async up(runner: QueryRunner): Promise<void> {
    if (runner.connection.options.type !== 'mysql') return;
    await runner.query('CREATE TABLE IF NOT EXISTS order_log_barrier (id INT NOT NULL PRIMARY KEY)');
    await runner.query('INSERT IGNORE INTO order_log_barrier VALUES (0)');
  }

  async down(runner: QueryRunner): Promise<void> {
    if (runner.connection.options.type !== 'mysql') return;
    await runner.query('DROP TABLE order_log_barrier');
  }
}
