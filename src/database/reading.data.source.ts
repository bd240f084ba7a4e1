import { QueryResult, type QueryRunner } from 'typeorm';
import { PLANNED_ANEW, type Database, type Dialect, type Query } from './database.js';
import { PortableDataSource } from './portable.data.source.js';

/** Its name: `@InjectRepository(OrderEntity, READER)`. */
export const READER = 'reader';

const TYPES = { sqlite: 'better-sqlite3', postgres: 'postgres', mysql: 'mysql' } as const satisfies Record<
  Dialect,
  string
>;

/** What `ReadingDataSource` is made of, beside entities. TypeORM wants the name of a database, and does not use it. */
export function readingOptions({ dialect, read }: Pick<Database, 'dialect' | 'read'>) {
  return { type: TYPES[dialect], database: READER, extra: { read } };
}

/**
 * TypeORM's data source for repositories that read: its statements take the way of `Database.read`, with its connections,
 * time-outs and errors, and see committed rows only. It has no connection of its own, and whatever would write is an error.
 */
export class ReadingDataSource extends PortableDataSource {
  readonly #read = (this.options.extra as { read: Query }).read; // see readingOptions

  override async initialize(): Promise<this> {
    await this.buildMetadatas();
    Object.assign(this, { isInitialized: true }); // as TypeORM does when it has connected
    return this;
  }

  override createQueryRunner(): QueryRunner {
    const query = async (sql: string, parameters?: unknown[], isStructured = false): Promise<unknown> => {
      if (!sql.startsWith('SELECT ')) throw new Error(`the data source "${READER}" only reads: ${sql}`);
      // its text may hold values: on SQLite TypeORM writes numbers into it
      const rows = await this.#read(`${PLANNED_ANEW} ${sql}`, parameters);
      return isStructured ? Object.assign(new QueryResult(), { raw: rows, records: rows }) : rows;
    };
    const startTransaction = () => Promise.reject(new Error(`the data source "${READER}" only reads`));
    return Object.assign(super.createQueryRunner('slave'), { query, startTransaction }) as QueryRunner; // in all its forms
  }

  override async destroy(): Promise<void> {
    Object.assign(this, { isInitialized: false });
  }
}
