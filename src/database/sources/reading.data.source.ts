import { QueryResult, type QueryRunner } from 'typeorm';
import { PLANNED_ANEW, type Database, type Dialect, type Query } from '../database.js';
import { PortableDataSource } from './portable.data.source.js';

/** The name of the data source: `@InjectRepository(OrderEntity, READER)`. */
export const READER = 'reader';

const TYPES = { sqlite: 'better-sqlite3', postgres: 'postgres', mysql: 'mysql' } as const satisfies Record<
  Dialect,
  string
>;

/** The options of `ReadingDataSource`, without entities. TypeORM requires a database name, and does not use it here. */
export function readingOptions({ dialect, read }: Pick<Database, 'dialect' | 'read'>) {
  return { type: TYPES[dialect], database: READER, extra: { read } };
}

/**
 * TypeORM's data source for repositories that read. It has no connection of its own: its statements run by `Database.read`,
 * with its connections, time-outs and errors, and see committed rows only. To write with it is an error.
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
      // because on SQLite TypeORM writes numbers into the text
      const rows = await this.#read(`${PLANNED_ANEW} ${sql}`, parameters);
      return isStructured ? Object.assign(new QueryResult(), { raw: rows, records: rows }) : rows;
    };
    const startTransaction = () => Promise.reject(new Error(`the data source "${READER}" only reads`));
    return Object.assign(super.createQueryRunner('slave'), { query, startTransaction }) as QueryRunner; // with all overloads of query
  }

  override async destroy(): Promise<void> {
    Object.assign(this, { isInitialized: false });
  }
}
