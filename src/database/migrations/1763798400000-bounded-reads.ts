import type { MigrationInterface, QueryRunner } from 'typeorm';

type Indexes = Record<string, string>;

/**
 * Indexes that keep the cost of every query independent of the size of the table: the queue's index holds only orders that
 * may start now, lists are read in one order whatever their filter, and Failed orders are found by when they failed.
 */
export class BoundedReads1763798400000 implements MigrationInterface {
  readonly name = 'BoundedReads1763798400000';

  async up(runner: QueryRunner): Promise<void> {
    await replace(runner, BEFORE, AFTER);
  }

  async down(runner: QueryRunner): Promise<void> {
    await replace(runner, AFTER, BEFORE);
  }
}

const BEFORE: Record<string, Indexes> = {
  'better-sqlite3': { orders_pending: `(queue_seq) WHERE "status" = 'Pending'` },
  postgres: {
    orders_pending: `(queue_seq) WHERE "status" = 'Pending'`,
    orders_status: '(status, seq)',
    orders_user: '(user_id, seq)',
    orders_created_at: '(created_at)',
  },
  mysql: {
    orders_pending: '(status, queue_seq)',
    orders_delayed: '(not_before)',
    orders_status: '(status, seq)',
    orders_user: '(user_id, seq)',
    orders_created_at: '(created_at)',
  },
};

const AFTER: Record<string, Indexes> = {
  'better-sqlite3': {
    orders_pending: `(queue_seq) WHERE "status" = 'Pending' AND "not_before" IS NULL`,
    orders_failed: `(updated_at) WHERE "status" = 'Failed'`,
    orders_user_failed: `(user_id, updated_at) WHERE "status" = 'Failed'`,
  },
  postgres: {
    orders_pending: `(queue_seq) WHERE "status" = 'Pending' AND "not_before" IS NULL`,
    orders_status: '(status, created_at NULLS FIRST, seq NULLS FIRST)',
    orders_user: '(user_id, created_at NULLS FIRST, seq NULLS FIRST)',
    orders_created: '(created_at, seq)',
    orders_failed: `(updated_at, seq) WHERE "status" = 'Failed' AND seq > 0`,
    orders_user_failed: `(user_id, updated_at, seq) WHERE "status" = 'Failed' AND user_id <> ''`,
  },
  mysql: {
    orders_pending: '(status, not_before, queue_seq)',
    orders_status: '(status, created_at, seq)',
    orders_user: '(user_id, created_at, seq)',
    orders_created: '(created_at, seq)',
    orders_failed: '(status, updated_at, seq)',
    orders_user_failed: '(user_id, status, updated_at, seq)',
  },
};

async function replace(runner: QueryRunner, old: typeof BEFORE, young: typeof BEFORE): Promise<void> {
  const { type } = runner.connection.options;
  const [dropped, created] = [Object.keys(old[type] ?? {}), Object.entries(young[type] ?? {})];
  if (type === 'mysql') {
    const changes = [
      ...dropped.map((name) => `DROP INDEX ${name}`),
      ...created.map(([name, on]) => `ADD INDEX ${name} ${on}`),
    ];
    await runner.query(`ALTER TABLE orders ${changes.join(', ')}`); // builds them in one pass over the table
    return;
  }
  for (const name of dropped) await runner.query(`DROP INDEX ${name}`);
  for (const [name, on] of created) await runner.query(`CREATE INDEX ${name} ON orders ${on}`);
}
