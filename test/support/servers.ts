import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';

/** A database server that tests may use: each test makes a database of its own there. */
export interface TestServer {
  name: string;
  /** The environment variable that says where it is, and where it is otherwise. */
  variable: string;
  url: string;
}

const server = (name: string, variable: string, url: string): TestServer => ({
  name,
  variable,
  url: process.env[variable] ?? url,
});

export const SERVERS = [
  server('PostgreSQL', 'TEST_POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test'),
  server('MariaDB', 'TEST_MYSQL_URL', 'mysql://root@127.0.0.1:3306/test'),
];

/** An empty database on `server`. */
export async function createDatabase(
  server: TestServer,
): Promise<{ url: string; remove: () => Promise<void> }> {
  const name = `ordermill_${randomBytes(6).toString('hex')}`;
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  await run(server, `CREATE DATABASE ${name}`);
  const force = isPostgres(server) ? ' WITH (FORCE)' : '';
  return { url: url.href, remove: () => run(server, `DROP DATABASE ${name}${force}`) };
}

/** Whether the server answers. With `CI=true` one that does not is an error: no suite is skipped there. */
export async function isThere(server: TestServer): Promise<boolean> {
  try {
    await run(server, 'SELECT 1');
    return true;
  } catch (error) {
    const message = `${server.name} is not at ${server.url} (${server.variable}): ${(error as Error).message}`;
    if (process.env['CI'] === 'true') throw new Error(message, { cause: error });
    process.stderr.write(`skipped: ${message}\n`);
    return false;
  }
}

async function run({ url }: TestServer, sql: string): Promise<void> {
  const type = url.startsWith('postgres') ? 'postgres' : 'mysql';
  const source = await new DataSource({ type, url }).initialize();
  try {
    await source.query(sql);
  } finally {
    await source.destroy();
  }
}

function isPostgres({ url }: TestServer): boolean {
  return url.startsWith('postgres');
}
