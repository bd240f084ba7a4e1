import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { CONFIG, type Config } from '../config.js';
import { Database } from './database.js';
import { databaseOptions } from './database.options.js';
import { databaseOn } from './open.database.js';
import { READER, ReadingDataSource, readingOptions } from './sources/reading.data.source.js';
import { WritingDataSource } from './sources/writing.data.source.js';

/** A start that cannot use the database fails at once; `server.ts` logs it, once. */
const NO_RETRY = { retryAttempts: 0, toRetry: () => false };

@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [CONFIG],
      useFactory: ({ DATABASE_URL, DATABASE_POOL_SIZE, DATABASE_TIMEOUT_MS }: Config) => ({
        ...databaseOptions(DATABASE_URL, DATABASE_POOL_SIZE, DATABASE_TIMEOUT_MS),
        ...NO_RETRY,
      }),
      dataSourceFactory: (options) => new WritingDataSource(options as DataSourceOptions).initialize(), // made just above
    }),
    TypeOrmModule.forRootAsync({
      name: READER,
      inject: [Database],
      useFactory: (database: Database) => ({
        ...readingOptions(database),
        autoLoadEntities: true,
        ...NO_RETRY,
      }),
      dataSourceFactory: (options) => new ReadingDataSource(options as DataSourceOptions).initialize(), // as above
    }),
  ],
  providers: [
    {
      provide: Database,
      useFactory: (source: WritingDataSource, { DATABASE_TIMEOUT_MS }: Config) =>
        databaseOn(source, DATABASE_TIMEOUT_MS),
      inject: [DataSource, CONFIG],
    },
  ],
  exports: [Database],
})
export class DatabaseModule {}
