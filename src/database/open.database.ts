import type { Database } from './database.js';
import { databaseOptions } from './database.options.js';
import { SqliteDatabase } from './sqlite.database.js';
import { WritingDataSource } from './writing.data.source.js';

/**
 * Opens the database behind any `DATABASE_URL` outside of the application: takes its file, brings the schema up to date.
 * @param poolSize most connections to a server
 * @param timeoutMs after which a server's statement without an answer is `DatabaseUnavailable`, and its transaction without
 *   a statement is rolled back; 0: never. What brings the schema up to date may take longer
 */
export async function openDatabase(url: string, poolSize = 1, timeoutMs = 0): Promise<Database> {
  const source = new WritingDataSource(databaseOptions(url, poolSize, timeoutMs));
  return databaseOn(await source.initialize(), timeoutMs);
}

/** The database on a data source that was initialized, and that it closes. Servers' drivers are loaded when they are needed. */
export async function databaseOn(source: WritingDataSource, timeoutMs: number): Promise<Database> {
  try {
    if (source.options.type === 'better-sqlite3') return SqliteDatabase.on(source);
    const { ServerDatabase } = await import('./server.database.js');
    return await ServerDatabase.on(source, timeoutMs);
  } catch (error) {
    await source.destroy();
    throw error;
  }
}
