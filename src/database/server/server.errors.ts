import { DatabaseUnavailable } from '../database.js';

/**
 * PostgreSQL's error codes that say the server or the connection is unavailable, not that the statement is wrong:
 * 08 connection, 25006 read-only, 25P03 and 25P04 a transaction that took too long, 53 resources (except a statement's own
 * memory and limits), 57 shutdown, crash and cancelled, 58 system, 55P03 a lock.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const POSTGRES_UNAVAILABLE = /^(08...|25006|25P0[34]|53[013]00|55P03|57P0[1-5]|57014|58...)$/;

/** The same of MySQL's driver and server. @see https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html */
const MYSQL_UNAVAILABLE =
  /^(PROTOCOL_|ER_(SERVER_SHUTDOWN|CON_COUNT_ERROR|TOO_MANY_USER_CONNECTIONS|DISK_FULL|RECORD_FILE_FULL|LOCK_WAIT_TIMEOUT|OPTION_PREVENTS_STATEMENT|CANT_EXECUTE_IN_READ_ONLY_TRANSACTION|READ_ONLY_MODE|OPEN_AS_READONLY|QUERY_INTERRUPTED|QUERY_TIMEOUT|STATEMENT_TIMEOUT|CONNECTION_KILLED|NORMAL_SHUTDOWN|ABORTING_CONNECTION|NET_\w+|ERROR_ON_WRITE))/;

/** SQLSTATEs of MySQL and MariaDB for which the driver has no code: connection errors; killed (MariaDB's 1927). */
const MYSQL_UNAVAILABLE_STATE = /^(08...|70100)$/;

/** Network errors on the way to either server. @see https://nodejs.org/api/errors.html#common-system-errors */
const NETWORK_UNAVAILABLE =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT|ERR_(STREAM|SOCKET)_\w+)$/;

/** What the drivers report without a code. */
const UNAVAILABLE_TEXT =
  /connection terminated|query read timeout|timeout exceeded when trying to connect|connection is closed|closed state|pool is closed|cannot use a pool after|connection lost|client has encountered a connection error|not queryable/i;

/** An error of the statement alone, although `MYSQL_UNAVAILABLE` matches its code: the next statement may well succeed. */
const STATEMENT_ERROR = /^ER_NET_PACKET_TOO_LARGE$/;

/** Two transactions were in conflict, and this one was rolled back: it is to be tried again. */
const CONFLICT = /^(40001|40P01|ER_LOCK_DEADLOCK|ER_CHECKREAD)$/;

/** The server is read-only, or only this connection to it is. */
const READ_ONLY =
  /^(25006|ER_(OPTION_PREVENTS_STATEMENT|CANT_EXECUTE_IN_READ_ONLY_TRANSACTION|READ_ONLY_MODE|OPEN_AS_READONLY))$/;

/** A statement that was prepared on the connection is gone, or no longer fits the tables. */
const NOT_PREPARED = /^(26000|42P05)$/;
const OUTDATED_PLAN = /cached plan must not change result type/;

/**
 * The connection was made before a failover, or its prepared statements are gone. Nothing was done; the same call on
 * another connection may succeed.
 */
export class StaleConnection extends Error {
  constructor(cause: unknown) {
    super('the connection was made before the server changed', { cause });
  }
}

/** @throws DatabaseUnavailable when the server, the connection or the network is unavailable; else what `use` threw */
export async function translated<Result>(use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } catch (error) {
    throw isUnavailable(error) ? new DatabaseUnavailable(error) : error;
  }
}

/** Whether the same call may succeed at once: nothing of it was stored. */
export function isRetryable(error: unknown): boolean {
  return error instanceof StaleConnection || isConflict(error);
}

export function isConflict(error: unknown): boolean {
  return CONFLICT.test(codeOf(error));
}

export function isReadOnly(error: unknown): boolean {
  return READ_ONLY.test(codeOf(error));
}

export function isNotPrepared(error: unknown): boolean {
  const code = codeOf(error);
  return NOT_PREPARED.test(code) || (code === '0A000' && OUTDATED_PLAN.test(String(error)));
}

function isUnavailable(error: unknown): boolean {
  const code = codeOf(error);
  const { sqlState } = error as { sqlState?: unknown };
  if (STATEMENT_ERROR.test(code)) return false;
  return (
    (typeof sqlState === 'string' && MYSQL_UNAVAILABLE_STATE.test(sqlState)) ||
    POSTGRES_UNAVAILABLE.test(code) ||
    MYSQL_UNAVAILABLE.test(code) ||
    NETWORK_UNAVAILABLE.test(code) ||
    (code === '' && UNAVAILABLE_TEXT.test(String(error)))
  );
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
