import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import Sqlite from 'better-sqlite3';
import { syncFolder } from '../database/sqlite/sqlite.file.js';
import { SqliteLock } from '../database/sqlite/sqlite.lock.js';
import { copyDatabase } from './database.copy.js';
import { Refused } from './refused.js';

export interface Restored {
  orders: number;
  /** Where the file is that was there before. */
  kept: string | undefined;
}

/**
 * Puts a saved copy in the place of a SQLite file, which stays under another name. Cut off anywhere, it leaves the old file,
 * or one that no server starts on until this is run again, or the new one.
 * @throws Refused when `from` is no sound database of orders; an error when a server holds the file
 */
export async function restore(from: string, file: string): Promise<Restored> {
  mkdirSync(dirname(resolve(file)), { recursive: true });
  const target = existsSync(file) ? realpathSync(file) : resolve(file);
  if (existsSync(from) && realpathSync(from) === target) throw new Refused(`${from} is the database itself.`);
  const lock = new SqliteLock(target);
  const part = `${target}.${process.pid}.part`;
  try {
    const orders = await copyDatabase(from, part);
    const kept = keep(target, part);
    renameSync(part, target);
    syncFolder(dirname(target));
    return { orders, kept };
  } finally {
    rmSync(part, { force: true });
    lock.release();
  }
}

/**
 * Gives the old file a further name. With two names no server starts on it (`realFile`), so nobody can use it between here
 * and the rename without the log that belongs to it. A log that stayed would be read into the new file.
 */
function keep(target: string, part: string): string | undefined {
  const hasOrders = existsSync(target) && statSync(target).size > 0;
  const name = `${target}.before-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  if (hasOrders) {
    chmodSync(part, statSync(target).mode & 0o777);
    writeLogBack(target, `${name}-wal`);
    linkSync(target, name);
  }
  for (const ending of ['-wal', '-shm', '-journal']) rmSync(`${target}${ending}`, { force: true });
  syncFolder(dirname(target));
  return hasOrders ? name : undefined;
}

/** Writes what a killed server left in its log into the file. Of a damaged file that may be impossible: then the log is kept. */
function writeLogBack(file: string, kept: string): void {
  if (!existsSync(`${file}-wal`)) return;
  copyFileSync(`${file}-wal`, kept); // SQLite deletes one that it cannot read
  try {
    const old = new Sqlite(file, { fileMustExist: true });
    try {
      old.pragma('wal_checkpoint(TRUNCATE)');
    } finally {
      old.close();
    }
    rmSync(kept);
  } catch (error) {
    process.stderr.write(
      `the old file is kept with its log, which cannot be read: ${(error as Error).message}\n`,
    );
  }
}
