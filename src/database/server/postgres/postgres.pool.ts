import type { Pool, PoolClient, QueryConfig } from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { ConnectionAges } from '../connection.ages.js';
import { DatabaseUnavailable, PLANNED_ANEW, type Query } from '../../database.js';
import { OrderedConnection } from '../ordered.connection.js';
import { PooledConnection, usable } from '../pooled.connection.js';
import { beginWith } from './postgres.begin.js';
import type { Connection, ServerPool } from '../server.pool.js';

/**
 * `pg`, on the pool that TypeORM made. Connections are pipelined (`postgresOptions`): a statement is sent while the one
 * before it runs. Statements are prepared once on each connection: to plan one takes as long as to run it.
 * @param timeoutMs how long a statement may take before `pg` closes its connection; 0: no limit
 */
export function postgresPool(source: DataSource, timeoutMs: number): ServerPool {
  const pool = (source.driver as PostgresDriver).master as Pool; // TypeORM types its drivers' pools as any
  const ages = new ConnectionAges();
  const lost = new WeakSet();
  pool.on('connect', (client) => {
    ages.note(client);
    client.once('end', () => lost.add(client));
  });
  const connectOnce = async (on: (client: PoolClient) => Query): Promise<Connection> => {
    const client = await clientOf(pool);
    const driver = {
      raw: client,
      query: on(client),
      isLost: () => lost.has(client),
      release: (isBroken: boolean) => client.release(isBroken),
    };
    return new PooledConnection(driver, ages);
  };
  const connect = (on: (client: PoolClient) => Query) => usable(() => connectOnce(on));
  const single = (client: PoolClient): Query => {
    return async <Row>(sql: string, parameters?: unknown[]) => {
      const { rows } = await client.query(prepared(sql, parameters ?? [], timeoutMs));
      return rows as Row[]; // the caller knows its statement
    };
  };
  const inTransaction = (client: PoolClient): Query => {
    const further = single(client);
    let first: Promise<unknown> | undefined;
    return async <Row>(sql: string, parameters?: unknown[]) => {
      if (!first) {
        const rows = beginWith<Row>(client, prepared(sql, parameters ?? [], timeoutMs));
        first = rows;
        return rows;
      }
      if (sql !== 'ROLLBACK') await first; // if it failed there is no transaction, and this statement would be committed by itself
      return further<Row>(sql, parameters);
    };
  };
  const ordered = new OrderedConnection(() => connect(single));
  return {
    maxStatementBytes: 256 * 1024 * 1024, // PostgreSQL accepts messages of up to 1 GiB
    query: async (sql, parameters) => {
      const connection = await connect(single);
      try {
        return await connection.query(sql, parameters);
      } finally {
        connection.release();
      }
    },
    queryInOrder: ordered.query,
    begin: () => connect(inTransaction),
    retire: () => ages.retire(),
    close: () => ordered.close(),
  };
}

/**
 * A connection of the pool. When it is lost, whoever waits for an answer gets an error; `pg` also emits an `error` event,
 * which without a listener would end the process.
 */
async function clientOf(pool: Pool): Promise<PoolClient> {
  try {
    const client = await pool.connect();
    if (client.listenerCount('error') === 0) client.on('error', () => undefined);
    return client;
  } catch (error) {
    throw new DatabaseUnavailable(error); // whatever the reason: no connection, no database
  }
}

/** An option of `pg` that its types lack. */
interface Timeout {
  query_timeout: number;
}

const statements = new Map<string, { name: string; text: string }>();

/** Parameters as PostgreSQL writes them: `$1` for the first `?`. No statement here uses `?` for anything else. */
function prepared(sql: string, values: unknown[], timeoutMs: number): QueryConfig & Timeout {
  const statement = sql.startsWith(PLANNED_ANEW) ? { text: numbered(sql) } : named(sql);
  return { ...statement, values, query_timeout: timeoutMs };
}

/** A prepared statement. Their number is bounded, because no statement's text holds a value. */
function named(sql: string): { name: string; text: string } {
  let statement = statements.get(sql);
  if (!statement) statements.set(sql, (statement = { name: `s${statements.size}`, text: numbered(sql) }));
  return statement;
}

function numbered(sql: string): string {
  let count = 0;
  return sql.replaceAll('?', () => `$${++count}`);
}
