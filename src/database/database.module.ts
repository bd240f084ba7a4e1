import { Global, Module } from '@nestjs/common';
import { CONFIG, type Config } from '../config.js';
import { Database } from './database.js';

@Global()
@Module({
  providers: [
    {
      provide: Database,
      useFactory: ({ DATABASE_URL }: Config) => Database.open(DATABASE_URL),
      inject: [CONFIG],
    },
  ],
  exports: [Database],
})
export class DatabaseModule {}
