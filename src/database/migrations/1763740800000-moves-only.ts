import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An order's acceptance is told by the order itself, and its history holds moves only: a row less to write for each. */
export class MovesOnly1763740800000 implements MigrationInterface {
  readonly name = 'MovesOnly1763740800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM order_history WHERE from_status IS NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      // an id before those of all moves
      `INSERT INTO order_history (id, order_seq, at, to_status, attempt) SELECT -seq, seq, created_at, 'Pending', 0 FROM orders`,
    );
  }
}
