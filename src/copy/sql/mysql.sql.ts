import { randomInt } from 'node:crypto';
import type { Database, Query } from '../../database/database.js';
import type { CopiedTable, Row } from '../columns.js';
import { CopySql, intoColumns } from './copy.sql.js';

/** Names of locks are the server's, not the database's; 64 characters at most. */
const NAME = `SHA2(CONCAT('ordermill.', DATABASE(), '.', ?), 256)`;

export class MysqlCopySql extends CopySql {
  readonly history = 'order_history FORCE INDEX (order_history_order)';

  /** The driver writes rows out as `(1, 'a'), (2, 'b')`. */
  async insert(query: Query, table: CopiedTable, rows: Row[]): Promise<void> {
    await query(`INSERT INTO ${intoColumns(table)} VALUES ?`, [rows]);
  }

  async lastNumber(): Promise<number> {
    const [row] = await this.database.read<{ last: number }>('SELECT value AS last FROM order_sequence');
    return Number(row?.last ?? 0);
  }

  /** Ids of entries are greater than all there are by themselves. */
  async continueAfter(query: Query, last: number): Promise<void> {
    await query('UPDATE order_sequence SET value = ?', [last]);
  }

  /** The lock ends with the connection of the transaction. */
  async isSameAs(other: Database): Promise<boolean> {
    if (other.dialect !== this.database.dialect) return false;
    const key = randomInt(2 ** 47);
    return this.database.transaction(async (query) => {
      await query(`SELECT GET_LOCK(${NAME}, 0)`, [key]);
      const [row] = await other.read<{ free: number }>(`SELECT IS_FREE_LOCK(${NAME}) AS free`, [key]);
      return !Number(row?.free);
    });
  }
}
