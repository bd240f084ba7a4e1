import { setTimeout as wait } from 'node:timers/promises';
import { MigrationExecutor, type DataSource, type QueryRunner } from 'typeorm';

/** How long another process may take to migrate the same database. */
const LOCK_WAIT_MS = 60_000;

const ASK_EVERY_MS = 100;

/** The advisory lock by which processes that start at once migrate one after the other. The number has no meaning. */
const LOCK = 726_837;

/** Try to lock, and unlock: each returns whether it did. The lock is of one database, not of the whole server. */
const LOCKS = {
  postgres: [`SELECT pg_try_advisory_lock(${LOCK}) AS ok`, `SELECT pg_advisory_unlock(${LOCK}) AS ok`],
  mysql: [
    `SELECT GET_LOCK(CONCAT('ordermill.', MD5(DATABASE())), 0) AS ok`,
    `SELECT RELEASE_LOCK(CONCAT('ordermill.', MD5(DATABASE()))) AS ok`,
  ],
} as const;

/**
 * Runs the pending migrations on one connection, which holds the lock meanwhile. After an error the caller closes the
 * connections, and that releases the lock.
 * @throws when the schema is of a newer version, or another process holds the lock for too long
 */
export async function migrate(source: DataSource, lockWaitMs = LOCK_WAIT_MS): Promise<void> {
  const runner = source.createQueryRunner();
  const { type } = source.options;
  try {
    if (type !== 'postgres' && type !== 'mysql') return await bringUpToDate(source, runner); // SqliteLock holds the file
    const [acquire, release] = LOCKS[type];
    await lock(runner, acquire, lockWaitMs);
    await bringUpToDate(source, runner);
    if (!(await succeeds(runner, release)))
      throw new Error('the lock on the schema was lost during the migrations');
  } finally {
    await runner.release();
  }
}

async function bringUpToDate(source: DataSource, runner: QueryRunner): Promise<void> {
  const executor = new MigrationExecutor(source, runner);
  const known = new Set(source.migrations.map(({ name, constructor }) => name ?? constructor.name));
  const unknown = (await executor.getExecutedMigrations()).filter(({ name }) => !known.has(name));
  if (unknown.length > 0) {
    const names = unknown.map(({ name }) => name).join(', ');
    throw new Error(
      `the schema of the database was made by a newer version of Ordermill (${names}), and this one could damage it: start that version or a later one`,
    );
  }
  await executor.executePendingMigrations();
}

async function lock(runner: QueryRunner, acquire: string, waitMs: number): Promise<void> {
  const began = performance.now();
  while (!(await succeeds(runner, acquire))) {
    if (performance.now() - began > waitMs)
      throw new Error(
        `another process has been bringing the schema up to date for more than ${waitMs / 1000} s; start again when it is done`,
      );
    await wait(ASK_EVERY_MS);
  }
}

/** PostgreSQL answers true, MySQL 1; NULL counts as no. */
async function succeeds(runner: QueryRunner, sql: string): Promise<boolean> {
  const [row] = (await runner.query(sql)) as { ok: unknown }[];
  return Number(row?.ok) === 1;
}
