import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { DataSource } from 'typeorm';
import type { Query } from './checker.ts';

/** An empty database for a campaign. */
export interface CampaignDatabase {
  /** As in `DATABASE_URL`. */
  url: string;
  /** What people are told where the evidence is kept. */
  place: string;
  isServer: boolean;
  /** Takes it away, unless it was named by whoever started the campaign. */
  remove(): Promise<void>;
}

/** A database that can be asked after the server has stopped, over a connection of the harness's own. */
export interface Evidence {
  query: Query;
  close(): Promise<void>;
}

/**
 * @param at `sqlite:<path of a new file>`, which is kept; `postgres://…` or `mysql://…`: a database of a name of its own
 *   is made on that server; undefined: a file in a folder of its own
 */
export async function createDatabase(at: string | undefined): Promise<CampaignDatabase> {
  if (at && !at.startsWith('sqlite:')) return createOnServer(at);
  const file =
    at?.slice('sqlite:'.length) ?? join(mkdtempSync(join(tmpdir(), 'ordermill-chaos-')), 'orders.sqlite');
  if (existsSync(file)) throw new Error(`${file}: exists already`);
  const remove = async () => {
    if (!at) rmSync(dirname(file), { recursive: true });
  };
  return { url: `sqlite:${file}`, place: file, isServer: false, remove };
}

async function createOnServer(server: string): Promise<CampaignDatabase> {
  const name = `ordermill_chaos_${randomBytes(6).toString('hex')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  await withServer(server, (source) => source.query(`CREATE DATABASE ${name}`));
  const force = isPostgres(server) ? ' WITH (FORCE)' : '';
  const remove = () =>
    withServer(server, async (source) => void (await source.query(`DROP DATABASE ${name}${force}`)));
  return { url: url.href, place: `${name} on ${url.host}`, isServer: true, remove };
}

/** Opens for reading only: looking at the evidence must not change it. */
export async function openEvidence(url: string): Promise<Evidence> {
  if (url.startsWith('sqlite:')) {
    const sqlite = new Sqlite(url.slice('sqlite:'.length), { readonly: true, fileMustExist: true });
    const query = async <Row>(sql: string) => sqlite.prepare<[], Row>(sql).all();
    return { query, close: async () => void sqlite.close() };
  }
  const source = await connectTo(url);
  if (isPostgres(url)) await source.query('SET default_transaction_read_only = on');
  else {
    await source.query('SET SESSION TRANSACTION READ ONLY');
    await source.query(`SET SESSION sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')`); // the checker's is standard SQL
  }
  return { query: <Row>(sql: string) => source.query<Row[]>(sql), close: () => source.destroy() };
}

async function withServer<Result>(
  url: string,
  use: (source: DataSource) => Promise<Result>,
): Promise<Result> {
  const source = await connectTo(url);
  try {
    return await use(source);
  } finally {
    await source.destroy();
  }
}

function connectTo(url: string): Promise<DataSource> {
  return new DataSource({ type: isPostgres(url) ? 'postgres' : 'mysql', url, poolSize: 1 }).initialize();
}

function isPostgres(url: string): boolean {
  return url.startsWith('postgres');
}
