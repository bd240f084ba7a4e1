import { Global, Module } from '@nestjs/common';
import { CONFIG, type Config } from '../config.js';
import { Database } from './database.js';
import { SqliteDatabase } from './sqlite.database.js';

/** PostgreSQL's and MySQL's drivers are loaded only when they are needed. */
async function openDatabase({ DATABASE_URL, DATABASE_POOL_SIZE }: Config): Promise<Database> {
  if (DATABASE_URL.startsWith('sqlite:')) return SqliteDatabase.open(DATABASE_URL);
  const { ServerDatabase } = await import('./server.database.js');
  return ServerDatabase.open(DATABASE_URL, DATABASE_POOL_SIZE);
}

@Global()
@Module({
  providers: [
    {
      provide: Database,
      useFactory: openDatabase,
      inject: [CONFIG],
    },
  ],
  exports: [Database],
})
export class DatabaseModule {}
