import { chmodSync, closeSync, existsSync, fsyncSync, openSync, rmSync, statSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { SCHEMA } from '../database/schema/schema.options.js';
import { Refused } from './refused.js';

/** What every database of ours has. */
const TABLES = ['migrations', 'orders', 'order_history', 'order_counters'];

/** So many pages at once: all of them, so that the copy is of one moment. A copy in parts begins anew after each write. */
const ALL_PAGES = 0x7fffffff;

/**
 * Copies a SQLite file of orders into a new file, as of one moment, also while a server writes to it: in WAL mode a reader
 * keeps no writer waiting. The copy is one file without a log beside it, checked, and on the disk when this resolves.
 * @returns how many orders are in it
 * @throws Refused when `from` is no such file, or is damaged; `to` is not there then
 */
export async function copyDatabase(from: string, to: string): Promise<number> {
  if (!existsSync(from)) throw new Refused(`There is no file ${from}.`);
  rmSync(to, { force: true });
  try {
    await copyPages(from, to);
    const orders = check(from, to);
    chmodSync(to, statSync(from).mode & 0o777);
    syncFile(to);
    return orders;
  } catch (error) {
    for (const name of [to, `${to}-journal`]) rmSync(name, { force: true });
    const { code } = error as { code?: unknown };
    if (!String(code).match(/^SQLITE_(NOTADB|CORRUPT)/)) throw error;
    throw new Refused(`${from} is damaged, or no SQLite file: ${(error as Error).message}`, { cause: error });
  }
}

async function copyPages(from: string, to: string): Promise<void> {
  const source = new Sqlite(from, { readonly: true, fileMustExist: true });
  try {
    await source.backup(to, { progress: () => ALL_PAGES });
  } finally {
    source.close();
  }
}

/** @throws Refused when the copy is damaged, is not ours, or was made by a newer version */
function check(from: string, to: string): number {
  const copy = new Sqlite(to);
  try {
    copy.pragma('journal_mode = DELETE'); // one file; a server sets it to WAL again
    const problems = copy.pragma('integrity_check') as { integrity_check: string }[];
    const [first] = problems.map(({ integrity_check: line }) => line).filter((line) => line !== 'ok');
    if (first !== undefined) throw new Refused(`${from} is damaged: ${first}`);
    const tables = copy.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).pluck().all();
    if (!TABLES.every((name) => tables.includes(name)))
      throw new Refused(`${from} is no database of orders.`);
    const known = SCHEMA.migrations.map((Migration) => new Migration().name);
    const made = copy.prepare('SELECT name FROM migrations').pluck().all() as string[];
    const unknown = made.filter((name) => !known.includes(name));
    if (unknown.length > 0)
      throw new Refused(`${from} was made by a newer version of Ordermill (${unknown.join(', ')}).`);
    return copy.prepare('SELECT COUNT(*) FROM orders').pluck().get() as number;
  } finally {
    copy.close();
  }
}

function syncFile(file: string): void {
  const descriptor = openSync(file, 'r+');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
