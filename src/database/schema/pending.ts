import type { Query } from '../database.js';
import { SCHEMA } from './schema.options.js';

/** How many of this version's migrations the database lacks. */
export async function pendingMigrations(read: Query): Promise<number> {
  const done = new Set((await read<{ name: string }>('SELECT name FROM migrations')).map(({ name }) => name));
  return NAMES.filter((name) => !done.has(name)).length;
}

const NAMES = SCHEMA.migrations.map((Migration) => new Migration().name);
