import Sqlite from 'better-sqlite3';

/** What a query says of a database file, read beside the server that owns it, or after it is gone. */
export function readTable<Row>(file: string, sql: string): Row[] {
  const database = new Sqlite(file, { readonly: true, fileMustExist: true });
  try {
    return database.prepare<[], Row>(sql).all();
  } finally {
    database.close();
  }
}

/** The file behind a `DATABASE_URL`. */
export function fileOf(url: string): string {
  return url.slice('sqlite:'.length);
}
