import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { compareExactly } from './exact.collation.js';

/** Idempotency keys that came with repeats of an order are kept, so that other content under them is refused. */
export class OrderKeys1763769600000 implements MigrationInterface {
  readonly name = 'OrderKeys1763769600000';

  async up(runner: QueryRunner): Promise<void> {
    const { type } = runner.connection.options;
    const table = new Table({
      name: 'order_keys',
      columns: [
        { name: 'idempotency_key', type: 'varchar', length: '255', isPrimary: true },
        { name: 'order_seq', type: type === 'better-sqlite3' ? 'integer' : 'bigint' },
      ],
      indices: [new TableIndex({ name: 'order_keys_order', columnNames: ['order_seq'] })],
    });
    await runner.createTable(table);
    if (type === 'mysql') await compareExactly(runner, ['order_keys']);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('order_keys');
  }
}
