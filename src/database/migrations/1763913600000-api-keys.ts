import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { compareExactly } from './exact.collation.js';

const text = (name: string, length: number) => ({ name, type: 'varchar', length: String(length) });
const instant = (name: string) => ({ name, type: 'bigint', isNullable: true });

/** The keys by which clients may call the API. */
export class ApiKeys1763913600000 implements MigrationInterface {
  readonly name = 'ApiKeys1763913600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'api_keys',
        columns: [
          { ...text('id', 8), isPrimary: true },
          text('name', 100),
          text('hash', 64),
          text('scopes', 255),
          { name: 'created_at', type: 'bigint' },
          instant('expires_at'),
          instant('revoked_at'),
          instant('last_used_at'),
        ],
      }),
    );
    if (runner.connection.options.type === 'mysql') await compareExactly(runner, ['api_keys']);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('api_keys');
  }
}
