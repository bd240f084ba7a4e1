import type { TestingModuleBuilder } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { Database, DatabaseUnavailable, type Query } from '../../src/database/database.js';
import { databaseOn } from '../../src/database/open.database.js';
import type { WritingDataSource } from '../../src/database/sources/writing.data.source.js';

/** For `startApp`: the real database, which a test can make late, or unavailable, for reads and pings. */
export class Trouble {
  isDown = false;
  /** Nothing is answered before it resolves. */
  answer: Promise<void> = Promise.resolve();
  /** Every statement that was read, since a test emptied it. */
  read: string[] = [];

  readonly override = (builder: TestingModuleBuilder): TestingModuleBuilder =>
    builder.overrideProvider(Database).useFactory({
      factory: async (source: WritingDataSource) => this.#around(await databaseOn(source, 0)),
      inject: [DataSource],
    });

  #around(database: Database): Database {
    const read: Query = (sql, parameters) => {
      this.read.push(sql);
      return this.#afterwards(() => database.read(sql, parameters));
    };
    const ping = () => this.#afterwards(() => database.ping());
    return new Proxy(database, {
      get: (target, key) => {
        if (key === 'read') return read;
        if (key === 'ping') return ping;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value; // its private fields are the target's
      },
    });
  }

  async #afterwards<Result>(ask: () => Promise<Result>): Promise<Result> {
    await this.answer;
    if (this.isDown) throw new DatabaseUnavailable(new Error('on purpose'));
    return ask();
  }
}
