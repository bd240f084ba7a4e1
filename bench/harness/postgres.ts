import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';

const POSTGRES = process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test';

export interface PostgresDatabase extends AsyncDisposable {
  url: string;
  /** The one value that `sql` returns, as a number. */
  number(sql: string): Promise<number>;
}

/** An empty database that goes away with its scope. */
export async function temporaryDatabase(): Promise<PostgresDatabase> {
  const admin = await new DataSource({ type: 'postgres', url: POSTGRES }).initialize();
  const name = `ordermill_bench_${randomBytes(6).toString('hex')}`;
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(POSTGRES);
  url.pathname = `/${name}`;
  const source = await new DataSource({ type: 'postgres', url: url.href }).initialize();
  return {
    url: url.href,
    number: async (sql) => {
      const [row] = await source.query<Record<string, unknown>[]>(sql);
      return Number(Object.values(row ?? {})[0]);
    },
    [Symbol.asyncDispose]: async () => {
      await source.destroy();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.destroy();
    },
  };
}
