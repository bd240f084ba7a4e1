import type { Pool } from 'mysql2';
import type { DataSource } from 'typeorm';
import type { MysqlDriver } from 'typeorm/driver/mysql/MysqlDriver.js';
import { DatabaseUnavailable } from './database.js';
import type { Connection, ServerPool } from './server.pool.js';

/** What `mysql2` says when a statement took too long. */
const TIMEOUT = 'PROTOCOL_SEQUENCE_TIMEOUT';

/**
 * `mysql2`, on the pool that TypeORM made.
 * @param timeoutMs how long a statement may take, and the wait for a connection; 0: as long as it takes
 */
export function mysqlPool(source: DataSource, timeoutMs: number): ServerPool {
  const pool = ((source.driver as MysqlDriver).pool as Pool).promise(); // TypeORM types its drivers' pools as any
  /** Connections whose transactions do not lock the gaps between rows, as MySQL's would by default. */
  const readCommitted = new WeakSet();

  const connect = async (): Promise<Connection & { raw: object }> => {
    const connection = await inTime(
      pool.getConnection(),
      (late) => late.release(), // nobody waits for it any more
      timeoutMs,
    );
    return {
      raw: connection.connection,
      query: async <Row>(sql: string, values?: unknown[]) => {
        try {
          return rowsOf<Row>(await connection.query({ sql, values, timeout: timeoutMs }));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === TIMEOUT) connection.destroy(); // nobody knows when it will answer
          throw error;
        }
      },
      release: (isBroken) => (isBroken ? connection.destroy() : connection.release()),
    };
  };
  const query = async <Row>(sql: string, parameters?: unknown[]) => {
    const connection = await connect();
    try {
      return await connection.query<Row>(sql, parameters);
    } finally {
      connection.release(false);
    }
  };
  let last: Promise<unknown> = Promise.resolve();
  return {
    query,
    queryInOrder: <Row>(sql: string, parameters?: unknown[]) => {
      const result = last.then(() => query<Row>(sql, parameters));
      last = result.catch(() => undefined);
      return result;
    },
    begin: async () => {
      const connection = await connect();
      try {
        if (!readCommitted.has(connection.raw))
          await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
        readCommitted.add(connection.raw);
        await connection.query('START TRANSACTION');
      } catch (error) {
        connection.release(true);
        throw error;
      }
      return connection;
    },
    close: () => undefined,
  };
}

/** Waits no longer than that. What comes too late is given to `drop`. @throws DatabaseUnavailable */
async function inTime<Value>(
  coming: Promise<Value>,
  drop: (value: Value) => void,
  timeoutMs: number,
): Promise<Value> {
  if (timeoutMs === 0) return coming;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new DatabaseUnavailable(new Error(`no connection became free in ${timeoutMs} ms`)));
    coming.then(drop, () => undefined);
  }, timeoutMs);
  try {
    return await Promise.race([coming, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** What is no question is answered with a header instead of rows. */
function rowsOf<Row>([result]: [unknown, unknown]): Row[] {
  return Array.isArray(result) ? (result as Row[]) : []; // the caller knows its statement
}
