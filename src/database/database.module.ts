import { Global, Module } from '@nestjs/common';
import { CONFIG, type Config } from '../config.js';
import { Database } from './database.js';
import { openDatabase } from './open.database.js';

@Global()
@Module({
  providers: [
    {
      provide: Database,
      useFactory: ({ DATABASE_URL, DATABASE_POOL_SIZE, DATABASE_TIMEOUT_MS }: Config) =>
        openDatabase(DATABASE_URL, DATABASE_POOL_SIZE, DATABASE_TIMEOUT_MS),
      inject: [CONFIG],
    },
  ],
  exports: [Database],
})
export class DatabaseModule {}
