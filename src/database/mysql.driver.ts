import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { Pool, PoolConnection, PoolOptions } from 'mysql2';

/**
 * What every connection is told first, whatever the server's defaults are. `mysql2` writes parameters into the text of a
 * statement, and escapes them with backslashes: where the server took a backslash for a character like others, or the
 * bytes for another charset's, a parameter could end its quotes.
 */
const session = (silenceMs: number) => [
  'SET NAMES utf8mb4',
  `SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'
     /*M!100301 , SESSION idle_transaction_timeout = ${Math.ceil(silenceMs / 1000)} */`, // in seconds; MySQL has none
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', // no locks on the gaps between rows, as by default
];

/**
 * For TypeORM: `mysql2` whose every connection is set up before its first statement, or closed.
 * @param silenceMs as for `serverOptions`
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
  connection.on('error', () => undefined); // told to whoever waits for an answer; unheard it would end the process
  for (const sql of statements)
    connection.query({ sql, timeout }, (error) => {
      if (error) close(connection, error);
    });
}

/** At once, whatever waits for it: its own `destroy` only says goodbye, and waits for the other end. */
export function close(connection: object, error?: Error): void {
  (connection as { stream: Socket }).stream.destroy(error); // its types do not know the socket
}
