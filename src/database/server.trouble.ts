import { DatabaseUnavailable } from './database.js';

/**
 * PostgreSQL's error classes for trouble of the server or the connection, not of the statement: 08 connection,
 * 25006 read-only, 25P03 and 25P04 a transaction that took too long, 53 resources (but a statement's own memory and
 * limits), 57 shutdown, crash and cancelled, 58 system, 55P03 a lock. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const POSTGRES_TROUBLE = /^(08...|25006|25P0[34]|53[013]00|55P03|57P0[1-5]|57014|58...)$/;

/** The same of MySQL's driver and server. https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html */
const MYSQL_TROUBLE =
  /^(PROTOCOL_|ER_(SERVER_SHUTDOWN|CON_COUNT_ERROR|TOO_MANY_USER_CONNECTIONS|DISK_FULL|RECORD_FILE_FULL|LOCK_WAIT_TIMEOUT|OPTION_PREVENTS_STATEMENT|CANT_EXECUTE_IN_READ_ONLY_TRANSACTION|READ_ONLY_MODE|OPEN_AS_READONLY|QUERY_INTERRUPTED|QUERY_TIMEOUT|STATEMENT_TIMEOUT|CONNECTION_KILLED|NORMAL_SHUTDOWN|ABORTING_CONNECTION|NET_\w+|ERROR_ON_WRITE))/;

/** Its SQLSTATE where the driver has no code: connection trouble; killed (MariaDB's 1927). */
const MYSQL_TROUBLE_STATE = /^(08...|70100)$/;

/** Of the network, on the way to either. https://nodejs.org/api/errors.html#common-system-errors */
const NETWORK_TROUBLE =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT|ERR_(STREAM|SOCKET)_\w+)$/;

/** What the drivers say without a code. */
const TROUBLE_TEXT =
  /connection terminated|query read timeout|timeout exceeded when trying to connect|connection is closed|closed state|pool is closed|cannot use a pool after|connection lost|client has encountered a connection error|not queryable/i;

/** A statement's own error, whatever class its code is of: the next one may well be taken. */
const OWN = /^ER_NET_PACKET_TOO_LARGE$/;

/** Two transactions got in each other's way, and this one was rolled back: it is to be tried again. */
const CONFLICT = /^(40001|40P01|ER_LOCK_DEADLOCK|ER_CHECKREAD)$/;

/** The server takes no writes, or only this connection of it does not. */
const READ_ONLY =
  /^(25006|ER_(OPTION_PREVENTS_STATEMENT|CANT_EXECUTE_IN_READ_ONLY_TRANSACTION|READ_ONLY_MODE|OPEN_AS_READONLY))$/;

/** What was prepared on the connection is gone, or no longer fits the tables. */
const NOT_PREPARED = /^(26000|42P05)$/;
const OUTDATED_PLAN = /cached plan must not change result type/;

/** Nothing was done, and the same call finds another connection. */
export class StaleConnection extends Error {
  constructor(cause: unknown) {
    super('the connection was made before the server changed', { cause });
  }
}

/** @throws DatabaseUnavailable for trouble of the server, the connection or the network; else what `use` threw */
export async function guard<Result>(use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } catch (error) {
    throw isTrouble(error) ? new DatabaseUnavailable(error) : error;
  }
}

/** Whether the same call may succeed at once, since nothing of it was done. */
export function isToBeTriedAgain(error: unknown): boolean {
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

function isTrouble(error: unknown): boolean {
  const code = codeOf(error);
  const { sqlState } = error as { sqlState?: unknown };
  if (OWN.test(code)) return false;
  return (
    (typeof sqlState === 'string' && MYSQL_TROUBLE_STATE.test(sqlState)) ||
    POSTGRES_TROUBLE.test(code) ||
    MYSQL_TROUBLE.test(code) ||
    NETWORK_TROUBLE.test(code) ||
    (code === '' && TROUBLE_TEXT.test(String(error)))
  );
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
