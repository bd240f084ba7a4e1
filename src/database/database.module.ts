import { Global, Module } from '@nestjs/common';
import { CONFIG, type Config } from '../config.js';
import { Database } from './database.js';
import { SqliteDatabase } from './sqlite.database.js';

@Global()
@Module({
  providers: [
    {
      provide: Database,
      useFactory: ({ DATABASE_URL }: Config) => SqliteDatabase.open(DATABASE_URL),
      inject: [CONFIG],
    },
  ],
  exports: [Database],
})
export class DatabaseModule {}
