import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { Pool, PoolConnection, PoolOptions } from 'mysql2';

/**
 * Settings of every connection, whatever the server's defaults are. `mysql2` writes parameters into the statement's text
 * and escapes them with backslashes. On a server set to NO_BACKSLASH_ESCAPES, or to another character set, a parameter
 * could end its quotes: an SQL injection.
 */
const session = (silenceMs: number) => [
  'SET NAMES utf8mb4',
  `SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'
     /*M!100301 , SESSION idle_transaction_timeout = ${Math.ceil(silenceMs / 1000)} */`, // in seconds; MariaDB only
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', // the default would also lock the gaps between rows
];

/**
 * `mysql2` for TypeORM. Each connection gets its settings before its first statement, or is closed.
 * @param setUpTimeoutMs for each of these statements; 0: never, as of programs whose statements have no limit either
 * @param silenceMs see `ServerOptions`
 */
export function mysqlDriver(setUpTimeoutMs: number, silenceMs: number) {
  const statements = session(silenceMs);
  return {
    createPool: (options: PoolOptions): Pool => {
      const mysql2 = createRequire(import.meta.url)('mysql2') as typeof import('mysql2'); // loaded only when it is needed
      const pool = mysql2.createPool(options);
      pool.on('connection', (connection) => setUp(connection, statements, setUpTimeoutMs));
      return pool;
    },
  };
}

function setUp(connection: PoolConnection, statements: string[], timeout: number): void {
  connection.on('error', () => undefined); // without a listener it would end the process; callers get the error anyway
  for (const sql of statements)
    connection.query({ sql, timeout }, (error) => {
      if (error) close(connection, error);
    });
}

/** Closes the socket at once: the connection's own `destroy` sends a goodbye and waits for the server. */
export function close(connection: object, error?: Error): void {
  (connection as { stream: Socket }).stream.destroy(error); // mysql2's types lack the socket
}
