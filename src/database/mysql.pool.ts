import type { Pool } from 'mysql2';
import type { DataSource } from 'typeorm';
import type { MysqlDriver } from 'typeorm/driver/mysql/MysqlDriver.js';
import type { ServerPool } from './server.pool.js';

/** `mysql2`, on the pool that TypeORM made. */
export function mysqlPool(source: DataSource): ServerPool {
  const pool = ((source.driver as MysqlDriver).pool as Pool).promise(); // TypeORM types its drivers' pools as any
  /** Connections whose transactions do not lock the gaps between rows, as MySQL's would by default. */
  const readCommitted = new WeakSet();
  const query = async <Row>(sql: string, parameters?: unknown[]) =>
    rowsOf<Row>(await pool.query(sql, parameters));
  let last: Promise<unknown> = Promise.resolve();
  return {
    query,
    queryInOrder: <Row>(sql: string, parameters?: unknown[]) => {
      const result = last.then(() => query<Row>(sql, parameters));
      last = result.catch(() => undefined);
      return result;
    },
    begin: async () => {
      const connection = await pool.getConnection();
      const run = async <Row>(sql: string, parameters?: unknown[]) =>
        rowsOf<Row>(await connection.query(sql, parameters));
      try {
        if (!readCommitted.has(connection.connection))
          await run('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
        readCommitted.add(connection.connection);
        await run('START TRANSACTION');
      } catch (error) {
        connection.destroy();
        throw error;
      }
      return { query: run, release: (isBroken) => (isBroken ? connection.destroy() : connection.release()) };
    },
    close: () => undefined,
  };
}

/** What is no question is answered with a header instead of rows. */
function rowsOf<Row>([result]: [unknown, unknown]): Row[] {
  return Array.isArray(result) ? (result as Row[]) : []; // the caller knows its statement
}
