import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { compareExactly } from './exact.collation.js';

const id = (name: string) => ({ name, type: 'varchar', length: '128' });
const text = (name: string, isMysql: boolean) => ({ name, type: isMysql ? 'longtext' : 'text' }); // MySQL's text ends at 64 KiB
const bigint = (name: string) => ({ name, type: 'bigint' });
const optional = <Column extends object>(column: Column) => ({ ...column, isNullable: true });

/** The first schema: orders, their history, and the counters kept beside them. */
export class OrdersSchema1763683200000 implements MigrationInterface {
  readonly name = 'OrdersSchema1763683200000';

  async up(runner: QueryRunner): Promise<void> {
    const { type } = runner.connection.options;
    const isMysql = type === 'mysql';
    const where = (condition: string) => (isMysql ? {} : { where: condition }); // it has no partial indexes
    const number = type === 'better-sqlite3' ? 'integer' : 'bigint'; // SQLite's row number is an integer primary key
    await runner.createTable(
      new Table({
        name: 'orders',
        columns: [
          { name: 'seq', type: number, isPrimary: true },
          id('order_id'),
          optional({ name: 'idempotency_key', type: 'varchar', length: '255' }),
          id('user_id'),
          bigint('total_amount'),
          { name: 'status', type: 'varchar', length: '16' },
          bigint('queue_seq'),
          { name: 'attempts', type: 'integer', default: 0 },
          { name: 'failures', type: 'integer', default: 0 },
          { name: 'interruptions', type: 'integer', default: 0 },
          optional(bigint('not_before')),
          optional({ name: 'owner', type: 'varchar', length: '64' }),
          optional(bigint('lease_until')),
          bigint('created_at'),
          optional(bigint('started_at')),
          optional(bigint('completed_at')),
          bigint('updated_at'),
          optional({ name: 'error', type: 'text' }),
          text('item_ids', isMysql),
        ],
        indices: [
          new TableIndex({ name: 'orders_order_id', columnNames: ['order_id'], isUnique: true }),
          new TableIndex({
            name: 'orders_idempotency_key',
            columnNames: ['idempotency_key'],
            isUnique: true,
            ...where('"idempotency_key" IS NOT NULL'),
          }),
          new TableIndex({
            name: 'orders_pending',
            columnNames: isMysql ? ['status', 'queue_seq'] : ['queue_seq'],
            ...where(`"status" = 'Pending'`),
          }),
          new TableIndex({
            name: 'orders_delayed',
            columnNames: ['not_before'],
            ...where('"not_before" IS NOT NULL'),
          }),
          new TableIndex({ name: 'orders_status', columnNames: ['status', 'seq'] }),
          new TableIndex({ name: 'orders_user', columnNames: ['user_id', 'seq'] }),
          new TableIndex({ name: 'orders_created_at', columnNames: ['created_at'] }),
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'order_history',
        columns: [
          {
            name: 'id',
            type: number,
            isPrimary: true,
            isGenerated: true,
            generationStrategy: 'increment',
          },
          { name: 'order_seq', type: number },
          bigint('at'),
          optional({ name: 'from_status', type: 'varchar', length: '16' }),
          { name: 'to_status', type: 'varchar', length: '16' },
          { name: 'attempt', type: 'integer' },
          optional({ name: 'reason', type: 'varchar', length: '255' }),
        ],
        indices: [new TableIndex({ name: 'order_history_order', columnNames: ['order_seq'] })],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'order_counters',
        columns: [{ name: 'name', type: 'varchar', length: '64', isPrimary: true }, bigint('value')],
      }),
    );
    if (type === 'postgres') await runner.query('CREATE SEQUENCE orders_seq');
    if (isMysql) {
      await runner.query('CREATE TABLE order_sequence (value BIGINT NOT NULL)');
      await runner.query('INSERT INTO order_sequence VALUES (0)');
      await compareExactly(runner, TABLES);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.dropTable(table);
    const { type } = runner.connection.options;
    if (type === 'postgres') await runner.query('DROP SEQUENCE orders_seq');
    if (type === 'mysql') await runner.query('DROP TABLE order_sequence');
  }
}

const TABLES = ['order_counters', 'order_history', 'orders'];
