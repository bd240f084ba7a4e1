import Sqlite from 'better-sqlite3';
import { DataSource } from 'typeorm';

/** Has every statement on orders wait until the lock is released: on a file only those that write. */
export async function holdDatabase(url: string): Promise<{ release: () => Promise<void> }> {
  return url.startsWith('sqlite:') ? holdFile(url.slice('sqlite:'.length)) : holdTable(url);
}

function holdFile(file: string): { release: () => Promise<void> } {
  const database = new Sqlite(file);
  database.exec('BEGIN IMMEDIATE');
  return { release: async () => void database.close() };
}

async function holdTable(url: string): Promise<{ release: () => Promise<void> }> {
  const source = await new DataSource({ type: 'postgres', url }).initialize();
  const runner = source.createQueryRunner();
  await runner.startTransaction();
  await runner.query('LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
  const release = async () => {
    await runner.rollbackTransaction();
    await source.destroy();
  };
  return { release };
}
