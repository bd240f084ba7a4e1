import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { identityOf, syncFolder } from '../database/sqlite/sqlite.file.js';
import { copyDatabase } from './database.copy.js';
import { Refused } from './refused.js';

/** What SQLite and the server keep beside a file. */
const BESIDE = ['', '-wal', '-shm', '-journal', '.lock'];

/**
 * Saves a SQLite file of orders under a name at which there is a whole copy or nothing, whatever is cut off.
 * @param file the real name of the file; a server may be using it
 * @returns how many orders are saved
 * @throws Refused when `to` is there already, unless `force`
 */
export async function backUp(file: string, to: string, force: boolean): Promise<number> {
  const target = resolve(to);
  if (BESIDE.some((ending) => target === `${file}${ending}` || isSame(target, `${file}${ending}`)))
    throw new Refused(`${to} belongs to the database itself.`);
  const refuseExisting = () => {
    if (!force && existsSync(target)) throw new Refused(`${to} exists already; --force replaces it.`);
  };
  refuseExisting();
  const part = `${target}.${process.pid}.part`;
  try {
    const orders = await copyDatabase(file, part);
    refuseExisting();
    renameSync(part, target);
    syncFolder(dirname(target));
    return orders;
  } finally {
    rmSync(part, { force: true });
  }
}

function isSame(one: string, other: string): boolean {
  const identity = identityOf(one);
  return identity !== undefined && identity === identityOf(other);
}
