import type { Pool } from 'mysql2';
import type { PoolConnection } from 'mysql2/promise';
import type { DataSource } from 'typeorm';
import type { MysqlDriver } from 'typeorm/driver/mysql/MysqlDriver.js';
import { ConnectionAges } from '../connection.ages.js';
import { DatabaseUnavailable } from '../../database.js';
import { close } from './mysql.driver.js';
import { PooledConnection, usable } from '../pooled.connection.js';
import type { ServerPool } from '../server.pool.js';

/** Room for a statement's text without its parameters. */
const TEXT_BYTES = 8192;

/** Most bytes of UTF-8 for one UTF-16 code unit. */
const CODE_UNIT_BYTES = 3;

/**
 * `mysql2`, on the pool that TypeORM made with `mysqlDriver`.
 * @param timeoutMs how long a statement may take, and the wait for a connection; 0: no limit
 */
export async function mysqlPool(source: DataSource, timeoutMs: number): Promise<ServerPool> {
  const raw = (source.driver as MysqlDriver).pool as Pool; // TypeORM types its drivers' pools as any
  const pool = raw.promise();
  const [limit] = rowsOf<{ bytes: number }>(await pool.query('SELECT @@max_allowed_packet AS bytes'));
  const packetBytes = Number(limit?.bytes);
  const ages = new ConnectionAges();
  raw.on('connection', (connection) => ages.note(connection));

  const connect = async () => {
    const connection = await inTime(
      pool.getConnection(),
      (late) => late.release(), // its caller has given up
      timeoutMs,
    );
    const driver = {
      raw: connection.connection,
      query: <Row>(sql: string, values?: unknown[]) => run<Row>(connection, sql, values),
      isLost: () => false, // mysql2 removes closed connections from its pool
      release: (isBroken: boolean) => (isBroken ? close(connection.connection) : connection.release()),
    };
    return new PooledConnection(driver, ages);
  };
  const run = async <Row>(connection: PoolConnection, text: string, values?: unknown[]) => {
    const sql = values ? connection.format(text, values) : text;
    if (sql.length * CODE_UNIT_BYTES >= packetBytes && Buffer.byteLength(sql) >= packetBytes)
      throw new StatementTooLarge(packetBytes);
    return rowsOf<Row>(await connection.query({ sql, timeout: timeoutMs }));
  };
  const query = async <Row>(sql: string, parameters?: unknown[]) => {
    const connection = await usable(connect);
    try {
      return await connection.query<Row>(sql, parameters);
    } finally {
      connection.release();
    }
  };
  let last: Promise<unknown> = Promise.resolve();
  return {
    // escaping may double each character of a parameter
    maxStatementBytes: Math.max(0, Math.floor(packetBytes / 2) - TEXT_BYTES),
    query,
    queryInOrder: <Row>(sql: string, parameters?: unknown[]) => {
      const result = last.then(() => query<Row>(sql, parameters));
      last = result.catch(() => undefined);
      return result;
    },
    begin: async () => {
      const connection = await usable(connect);
      try {
        await connection.query('START TRANSACTION');
        return connection;
      } catch (error) {
        connection.close();
        throw error;
      }
    },
    retire: () => ages.retire(),
    close: () => undefined,
  };
}

/** Refused here, because the server would close the connection, often before its error is read. */
export class StatementTooLarge extends Error {
  constructor(packetBytes: number) {
    super(`the statement is larger than the server's max_allowed_packet, ${packetBytes} bytes`);
  }
}

/**
 * Waits for `coming`, but no longer than `timeoutMs`; a value that comes too late is given to `drop`.
 * @throws DatabaseUnavailable, whatever the reason
 */
async function inTime<Value>(
  coming: Promise<Value>,
  drop: (value: Value) => void,
  timeoutMs: number,
): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const giveUp = () => {
    late.reject(new Error(`no connection became free in ${timeoutMs} ms`));
    coming.then(drop, () => undefined);
  };
  const timer = timeoutMs > 0 ? setTimeout(giveUp, timeoutMs) : undefined;
  try {
    return await Promise.race([coming, late.promise]);
  } catch (error) {
    throw new DatabaseUnavailable(error);
  } finally {
    clearTimeout(timer);
  }
}

/** The rows of a result; statements that return none are answered with a header. */
function rowsOf<Row>([result]: [unknown, unknown]): Row[] {
  return Array.isArray(result) ? (result as Row[]) : []; // the caller knows its statement
}
