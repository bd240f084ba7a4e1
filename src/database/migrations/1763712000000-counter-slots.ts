import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Each counter is kept in shards (column `slot`), so that transactions of several processes rarely wait for the same row.
 * And on SQLite, whose one process has one clock, there is no index on `created_at`: a binary search along `seq` finds
 * where a range of time begins.
 */
export class CounterSlots1763712000000 implements MigrationInterface {
  readonly name = 'CounterSlots1763712000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE order_counters RENAME TO order_sums');
    await runner.query(
      `CREATE TABLE order_counters (name varchar(64) NOT NULL, slot integer NOT NULL, value bigint NOT NULL, PRIMARY KEY (name, slot))`,
    );
    await runner.query(
      'INSERT INTO order_counters (name, slot, value) SELECT name, 0, value FROM order_sums',
    );
    await runner.query('DROP TABLE order_sums');
    if (isSqlite(runner)) await runner.query('DROP INDEX orders_created_at');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE order_counters RENAME TO order_slots');
    await runner.query(
      `CREATE TABLE order_counters (name varchar(64) NOT NULL, value bigint NOT NULL, PRIMARY KEY (name))`,
    );
    await runner.query(
      'INSERT INTO order_counters (name, value) SELECT name, SUM(value) FROM order_slots GROUP BY name',
    );
    await runner.query('DROP TABLE order_slots');
    if (isSqlite(runner)) await runner.query('CREATE INDEX orders_created_at ON orders (created_at)');
  }
}

function isSqlite(runner: QueryRunner): boolean {
  return runner.connection.options.type === 'better-sqlite3';
}
