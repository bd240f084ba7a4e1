import Sqlite from 'better-sqlite3';
import { PLANNED_ANEW } from './database.js';

/** Statements `PLANNED_ANEW` that are kept prepared: more than there are texts without values. */
const MOST_KEPT = 100;

/**
 * One connection to a SQLite file, with its prepared statements. TypeORM's own way to run a statement takes three times
 * as long as to read an order by its id.
 */
export class SqliteConnection {
  readonly #statements = new Map<string, Sqlite.Statement>();
  readonly #latest = new Map<string, Sqlite.Statement>();

  constructor(private readonly connection: Sqlite.Database) {}

  /** Opens a file. `pragmas` are set in turn: `synchronous = FULL`. */
  static open(file: string, options: { readonly: boolean; pragmas: string[] }): SqliteConnection {
    const connection = new Sqlite(file, { readonly: options.readonly, fileMustExist: true });
    for (const pragma of options.pragmas) connection.pragma(pragma);
    return new SqliteConnection(connection);
  }

  /** The rows that `sql` returns; none when it is not that kind. But for `PLANNED_ANEW` texts must not vary without bound. */
  run(sql: string, parameters: unknown[]): unknown[] {
    const statement = this.#prepare(sql);
    if (statement.reader) return statement.all(parameters);
    statement.run(parameters);
    return [];
  }

  /** Runs statements in a transaction of their own, within one turn of the event loop. No other may be under way. */
  runAlone(sql: string): void {
    this.rollBack(); // the last one's own may have failed
    this.connection.exec('BEGIN IMMEDIATE');
    try {
      this.connection.exec(sql);
      this.connection.exec('COMMIT');
    } catch (error) {
      this.rollBack();
      throw error;
    }
  }

  /** Leaves no transaction open. SQLite has often rolled back by itself, and then ROLLBACK would be an error. */
  rollBack(): void {
    if (this.connection.inTransaction) this.connection.exec('ROLLBACK');
  }

  close(): void {
    this.connection.close();
  }

  #prepare(sql: string): Sqlite.Statement {
    if (sql.startsWith(PLANNED_ANEW)) return this.#prepareForNow(sql);
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.connection.prepare(sql)));
    return statement;
  }

  /** Those that were used last are kept. */
  #prepareForNow(sql: string): Sqlite.Statement {
    const statement = this.#latest.get(sql) ?? this.connection.prepare(sql);
    this.#latest.delete(sql);
    this.#latest.set(sql, statement);
    const [oldest] = this.#latest.keys();
    if (this.#latest.size > MOST_KEPT && oldest !== undefined) this.#latest.delete(oldest);
    return statement;
  }
}
