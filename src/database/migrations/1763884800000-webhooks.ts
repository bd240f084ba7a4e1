import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { compareExactly } from './exact.collation.js';

const text = (name: string, length: number) => ({ name, type: 'varchar', length: String(length) });
const bigint = (name: string) => ({ name, type: 'bigint' });
const optional = <Column extends object>(column: Column) => ({ ...column, isNullable: true });

/** Endpoints that are told of transitions, and the messages for them. */
export class Webhooks1763884800000 implements MigrationInterface {
  readonly name = 'Webhooks1763884800000';

  async up(runner: QueryRunner): Promise<void> {
    const { type } = runner.connection.options;
    await runner.createTable(
      new Table({
        name: 'webhooks',
        columns: [
          { ...text('id', 36), isPrimary: true },
          text('url', 2048),
          text('statuses', 255),
          { name: 'secrets', type: 'text' },
          text('state', 16),
          optional(bigint('disabled_at')),
          optional(text('disabled_reason', 255)),
          optional(bigint('failing_since')),
          bigint('accepted'),
          bigint('transitioned'),
          optional(text('owner', 64)),
          optional(bigint('lease_until')),
          bigint('created_at'),
          bigint('updated_at'),
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'webhook_deliveries',
        columns: [
          {
            name: 'id',
            type: type === 'better-sqlite3' ? 'integer' : 'bigint',
            isPrimary: true,
            isGenerated: true,
            generationStrategy: 'increment',
          },
          text('webhook_id', 36),
          text('message_id', 64),
          bigint('order_seq'),
          text('state', 16),
          optional(bigint('next_attempt_at')),
          { name: 'attempts', type: 'integer', default: 0 },
          { name: 'waited_ms', type: 'bigint', default: 0 },
          bigint('created_at'),
          optional(bigint('attempted_at')),
          optional({ name: 'duration_ms', type: 'integer' }),
          optional({ name: 'response_status', type: 'integer' }),
          optional(text('error', 255)),
          { name: 'payload', type: 'text' },
        ],
        indices: [
          index('webhook_deliveries_due', ['webhook_id', 'next_attempt_at', 'id']),
          index('webhook_deliveries_state', ['webhook_id', 'state', 'id']),
          index('webhook_deliveries_order', ['webhook_id', 'order_seq']),
        ],
      }),
    );
    if (type === 'mysql') await compareExactly(runner, TABLES);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.dropTable(table);
  }
}

const TABLES = ['webhook_deliveries', 'webhooks'];

function index(name: string, columnNames: string[]): TableIndex {
  return new TableIndex({ name, columnNames });
}
