import { randomInt } from 'node:crypto';
import type { Database, Query } from '../../database/database.js';
import type { CopiedTable, Row } from '../columns.js';
import { CopySql, intoColumns } from './copy.sql.js';

export class PostgresCopySql extends CopySql {
  readonly history = 'order_history';

  /** jsonb is parsed once; of json, each `->>` would parse the row again. */
  async insert(query: Query, table: CopiedTable, _: Row[], text: string): Promise<void> {
    const values = table.columns.map(({ kind }, index) =>
      kind === 'number' ? `(v ->> ${index})::bigint` : `v ->> ${index}`,
    );
    const sql = `INSERT INTO ${intoColumns(table)} SELECT ${values.join(', ')} FROM jsonb_array_elements(?::jsonb) AS v`;
    await query(sql, [text]);
  }

  async lastNumber(): Promise<number> {
    const sql = 'SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM orders_seq';
    const [row] = await this.database.read<{ last: number }>(sql);
    return Number(row?.last ?? 0);
  }

  async continueAfter(query: Query, last: number): Promise<void> {
    if (last > 0) await query(`SELECT setval('orders_seq', ?::bigint)`, [last]);
    await query(
      `SELECT setval(pg_get_serial_sequence('order_history', 'id'), MAX(id)) FROM order_history HAVING MAX(id) IS NOT NULL`,
    );
  }

  async isSameAs(other: Database): Promise<boolean> {
    if (other.dialect !== this.database.dialect) return false;
    const key = randomInt(2 ** 47);
    return this.database.transaction(async (query) => {
      await query('SELECT pg_advisory_xact_lock(?::bigint)', [key]);
      const [row] = await other.read<{ free: number }>(
        'SELECT pg_try_advisory_xact_lock(?::bigint)::int AS free',
        [key],
      );
      return !Number(row?.free);
    });
  }
}
