import type { Database } from './database.js';
import { SqliteDatabase } from './sqlite.database.js';

/** Opens the database behind any `DATABASE_URL`; the rest is for servers. Their drivers are loaded only when they are needed. */
export async function openDatabase(url: string, poolSize: number, timeoutMs = 0): Promise<Database> {
  if (url.startsWith('sqlite:')) return SqliteDatabase.open(url);
  const { ServerDatabase } = await import('./server.database.js');
  return ServerDatabase.open(url, poolSize, timeoutMs);
}
