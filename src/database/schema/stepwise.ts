import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A migration as it is written: statements, one after another. */
type Migration = new () => MigrationInterface & { readonly name: string };

/** Queries, and settings of the session: run each time. */
const CHANGES_NOTHING = /^\s*(SELECT|SHOW|WITH|EXPLAIN|DESCRIBE|SET|USE)\b/i;

/** Rolled back with its transaction, in MySQL too. */
const CHANGES_ROWS = /^\s*(INSERT|UPDATE|DELETE|REPLACE)\b/i;

/** MySQL's errors for a change of the schema that was made before. */
const IS_DONE =
  /^ER_(TABLE_EXISTS_ERROR|DUP_KEYNAME|DUP_FIELDNAME|BAD_TABLE_ERROR|UNKNOWN_TABLE|CANT_DROP_FIELD_OR_KEY|MULTIPLE_PRI_KEY|FK_DUP_NAME|DUP_CONSTRAINT_NAME)$/;

/**
 * Migrations that resume where they were cut off. SQLite and PostgreSQL roll back what was not finished; MySQL and MariaDB
 * commit at every change of the schema, so there a table says how many statements of each migration are done. If the
 * process died between a statement and that note, MySQL's error that it was made before counts as success.
 */
export function stepwise(migrations: Migration[]) {
  return migrations.map(
    (Original) =>
      class implements MigrationInterface {
        readonly #original = new Original();
        readonly name = this.#original.name;

        up(runner: QueryRunner): Promise<void> {
          return inSteps(runner, `${this.name} up`, `${this.name} down`, () => this.#original.up(runner));
        }

        down(runner: QueryRunner): Promise<void> {
          return inSteps(runner, `${this.name} down`, `${this.name} up`, () => this.#original.down(runner));
        }
      },
  );
}

/** @param opposite its recorded steps are deleted: they will have to be done again */
async function inSteps(
  runner: QueryRunner,
  name: string,
  opposite: string,
  migrate: () => Promise<void>,
): Promise<void> {
  if (runner.connection.options.type !== 'mysql') return migrate();
  const query = runner.query.bind(runner);
  const steps = await Steps.of(query, name, opposite);
  runner.query = ((sql: string, parameters?: unknown[]) =>
    steps.run(sql, parameters)) as QueryRunner['query']; // with all its overloads
  try {
    await migrate();
  } finally {
    runner.query = query as QueryRunner['query']; // as above
  }
}

/** The statements of one migration in MySQL. */
class Steps {
  #step = 0;

  private constructor(
    private readonly query: (sql: string, parameters?: unknown[]) => Promise<unknown>,
    private readonly name: string,
    private readonly before: { begun: number; done: number },
  ) {}

  static async of(query: Steps['query'], name: string, opposite: string): Promise<Steps> {
    await query(
      `CREATE TABLE IF NOT EXISTS migration_steps (name varchar(255) NOT NULL PRIMARY KEY, begun integer NOT NULL, done integer NOT NULL)`,
    );
    await query('DELETE FROM migration_steps WHERE name = ?', [opposite]);
    await query('INSERT IGNORE INTO migration_steps (name, begun, done) VALUES (?, 0, 0)', [name]);
    const rows = await query('SELECT begun, done FROM migration_steps WHERE name = ?', [name]);
    const [before] = rows as { begun: number; done: number }[];
    return new Steps(query, name, before ?? { begun: 0, done: 0 });
  }

  async run(sql: string, parameters?: unknown[]): Promise<unknown> {
    if (CHANGES_NOTHING.test(sql)) return this.query(sql, parameters);
    const step = ++this.#step;
    if (step <= this.before.done) return undefined;
    return CHANGES_ROWS.test(sql)
      ? this.#changeRows(step, sql, parameters)
      : this.#changeSchema(step, sql, parameters);
  }

  async #changeRows(step: number, sql: string, parameters?: unknown[]): Promise<unknown> {
    await this.query('START TRANSACTION');
    const result = await this.query(sql, parameters);
    await this.#note('done', step);
    await this.query('COMMIT');
    return result;
  }

  async #changeSchema(step: number, sql: string, parameters?: unknown[]): Promise<unknown> {
    const mayBeDone = step <= this.before.begun;
    await this.#note('begun', step);
    let result: unknown;
    try {
      result = await this.query(sql, parameters);
    } catch (error) {
      if (!mayBeDone || !isDone(sql, error)) {
        await this.#note('begun', step - 1); // it failed for another reason, and is not done
        throw error;
      }
    }
    await this.#note('done', step);
    return result;
  }

  #note(column: 'begun' | 'done', step: number): Promise<unknown> {
    return this.query(`UPDATE migration_steps SET ${column} = ? WHERE name = ?`, [step, this.name]);
  }
}

function isDone(sql: string, error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return IS_DONE.test(String(code)) || (code === 'ER_NO_SUCH_TABLE' && /\bRENAME\b/i.test(sql));
}
