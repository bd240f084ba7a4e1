import type { INestApplication } from '@nestjs/common';
import Sqlite from 'better-sqlite3';
import { Database } from '../../src/database/database.js';

/** The application's own writing connection, to bring it into trouble. */
export function writerOf(app: INestApplication): Sqlite.Database {
  const { writer } = app.get(Database) as unknown as { writer: { connection: Sqlite.Database } }; // private: only a test has business there
  return writer.connection;
}

/** A second program's connection to the file behind `sqlite:<path>`; `use` may not keep it. */
export function withFile<Result>(url: string, use: (file: Sqlite.Database) => Result): Result {
  const file = new Sqlite(url.slice('sqlite:'.length));
  try {
    return use(file);
  } finally {
    file.close();
  }
}

/** Rows of the file as another program sees them. */
export function rows<Row>(url: string, sql: string, ...parameters: unknown[]): Row[] {
  return withFile(url, (file) => file.prepare(sql).all(...parameters) as Row[]); // the test knows its statement
}
