import { setTimeout as wait } from 'node:timers/promises';
import type { TestingModuleBuilder } from '@nestjs/testing';
import Sqlite from 'better-sqlite3';
import { DataSource } from 'typeorm';
import { Database, DatabaseUnavailable } from '../../src/database/database.js';
import { databaseOn } from '../../src/database/open.database.js';
import type { WritingDataSource } from '../../src/database/sources/writing.data.source.js';

/** How often a transaction meets each fault: 0.01 is one in a hundred. */
const SHARE = 0.01;
const LATENCY_MS = 20;
const BUSY_MS = 60;

/** Numbers from 0 (inclusive) to 1 (exclusive), the same for the same seed. Mulberry32. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** For `startApp`: the real database, whose transactions now and then fail before, fail after the commit, are late, or find it busy. */
export function withFaults(url: string, next: () => number) {
  const met = { before: 0, after: 0, late: 0, busy: 0, none: 0 };
  const factory = async (source: WritingDataSource) =>
    faulty(await databaseOn(source, 0), met, () => holdFile(url), next);
  const override = (builder: TestingModuleBuilder) =>
    builder.overrideProvider(Database).useFactory({ factory, inject: [DataSource] });
  return { override, met };
}

function faulty(
  database: Database,
  met: { before: number; after: number; late: number; busy: number; none: number },
  hold: () => void,
  next: () => number,
): Database {
  const transaction: Database['transaction'] = async (work) => {
    const draw = Math.floor(next() / SHARE);
    switch (draw) {
      case 0:
        met.before++;
        throw new DatabaseUnavailable(new Error('injected before the transaction'));
      case 1:
        await database.transaction(work);
        met.after++;
        throw new DatabaseUnavailable(new Error('injected after the commit'));
      case 2:
        met.late++;
        await wait(LATENCY_MS);
        return database.transaction(work);
      case 3:
        met.busy++;
        hold();
        return database.transaction(work);
      default:
        met.none++;
        return database.transaction(work);
    }
  };
  return new Proxy(database, {
    get: (target, key) => {
      if (key === 'transaction') return transaction;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value; // its private fields are the target's
    },
  });
}

/** Another program takes the file's write lock, and gives it back a little later. */
function holdFile(url: string): void {
  const file = new Sqlite(url.slice('sqlite:'.length), { timeout: 0 });
  file.exec('BEGIN IMMEDIATE');
  setTimeout(() => {
    file.exec('ROLLBACK');
    file.close();
  }, BUSY_MS);
}
