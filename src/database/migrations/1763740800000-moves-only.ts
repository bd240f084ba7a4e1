import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The order itself says when it was accepted, so its history holds transitions only: one row less to write for each. */
export class MovesOnly1763740800000 implements MigrationInterface {
  readonly name = 'MovesOnly1763740800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM order_history WHERE from_status IS NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      // a negative id stands before those of all transitions
      `INSERT INTO order_history (id, order_seq, at, to_status, attempt) SELECT -seq, seq, created_at, 'Pending', 0 FROM orders`,
    );
  }
}
