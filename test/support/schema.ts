import { DataSource, type QueryRunner } from 'typeorm';
import { databaseOptions } from '../../src/database/database.options.js';

const READS = /^\s*(SELECT|SHOW|PRAGMA)\b/i;

/** Makes a data source without any work of ours, for as long as `use` takes. */
export async function withSource<Result>(
  url: string,
  migrations: number,
  use: (source: DataSource) => Promise<Result>,
): Promise<Result> {
  const options = databaseOptions(url);
  const all = options.migrations as (new () => object)[]; // that is the form in which they are listed
  const source = await new DataSource({ ...options, migrations: all.slice(0, migrations) }).initialize();
  try {
    return await use(source);
  } finally {
    await source.destroy();
  }
}

export function countMigrations(url: string): number {
  return (databaseOptions(url).migrations as unknown[]).length;
}

/** Every query runner to this kind of database dies after `count` statements that change something, until `restore`. */
export function cutOffAfter(url: string, count: number): { wasCut: () => boolean; restore: () => void } {
  const runner = new DataSource(databaseOptions(url)).createQueryRunner();
  const prototype = Object.getPrototypeOf(runner) as QueryRunner;
  const original = Reflect.get(prototype, 'query') as (...call: unknown[]) => Promise<unknown>;
  let left = count;
  let isDead = false;
  prototype.query = async function query(this: QueryRunner, ...call: unknown[]) {
    const [sql] = call as [string];
    if (!READS.test(sql) && left-- <= 0) isDead = true;
    if (isDead) throw new Error('cut off');
    return original.apply(this, call);
  } as QueryRunner['query'];
  return { wasCut: () => isDead, restore: () => (prototype.query = original as QueryRunner['query']) };
}

/** Tables, indexes, sequences and all rows, in a form that two equal databases have in common. */
export function contentOf(url: string): Promise<unknown> {
  return withSource(url, 0, async (source) => {
    const ask = (sql: string) => source.query<Record<string, unknown>[]>(sql);
    const { tables, schema } = await schemaOf(source.options.type, ask);
    const rows: Record<string, unknown> = {};
    for (const table of tables.toSorted()) {
      const all = await ask(`SELECT * FROM ${table}`);
      const lines = all.map((row) => JSON.stringify(table === 'migrations' ? row['name'] : row)); // its ids have gaps
      rows[table] = lines.toSorted();
    }
    return { schema, rows };
  });
}

async function schemaOf(type: string, ask: (sql: string) => Promise<Record<string, unknown>[]>) {
  if (type === 'better-sqlite3') {
    const schema = await ask(
      `SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name`,
    );
    return {
      schema,
      tables: schema.filter((row) => row['type'] === 'table').map(({ name }) => String(name)),
    };
  }
  if (type === 'postgres') {
    const schema = {
      columns: await ask(
        `SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
         FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, ordinal_position`,
      ),
      indexes: await ask(`SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`),
      sequences: await ask(
        `SELECT sequencename, last_value::text FROM pg_sequences WHERE sequencename <> 'migrations_id_seq' ORDER BY 1`,
      ),
    };
    return { schema, tables: [...new Set(schema.columns.map((row) => String(row['table_name'])))] };
  }
  const tables = (await ask('SHOW TABLES')).map((row) => String(Object.values(row)[0])).toSorted();
  const schema: string[] = [];
  for (const table of tables) {
    const [row] = await ask(`SHOW CREATE TABLE ${table}`);
    schema.push(String(row?.['Create Table']).replace(/ AUTO_INCREMENT=\d+/, ''));
  }
  return { schema, tables };
}
