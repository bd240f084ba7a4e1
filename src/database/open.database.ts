import type { Database } from './database.js';
import { databaseOptions } from './database.options.js';
import { SqliteDatabase } from './sqlite/sqlite.database.js';
import { WritingDataSource } from './sources/writing.data.source.js';

/**
 * Opens the database behind any `DATABASE_URL` outside of the application: locks its file, brings the schema up to date.
 * @param poolSize most connections to a server
 * @param timeoutMs on a server, a statement without an answer for so long is `DatabaseUnavailable`, and a transaction
 *   without a statement is rolled back; 0: never. Migrations may take longer
 */
export async function openDatabase(url: string, poolSize = 1, timeoutMs = 0): Promise<Database> {
  const source = new WritingDataSource(databaseOptions(url, poolSize, timeoutMs));
  return databaseOn(await source.initialize(), timeoutMs);
}

/** The database on an initialized data source, which it closes. Code for servers is loaded only when it is needed. */
export async function databaseOn(source: WritingDataSource, timeoutMs: number): Promise<Database> {
  try {
    if (source.options.type === 'better-sqlite3') return SqliteDatabase.on(source);
    const { ServerDatabase } = await import('./server/server.database.js');
    return await ServerDatabase.on(source, timeoutMs);
  } catch (error) {
    await source.destroy();
    throw error;
  }
}
