import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The trace in which an order was accepted, for the process that processes it. Null where nothing is traced. */
export class TraceParent1763971200000 implements MigrationInterface {
  readonly name = 'TraceParent1763971200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE orders ADD COLUMN trace_parent varchar(568)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE orders DROP COLUMN trace_parent');
  }
}
