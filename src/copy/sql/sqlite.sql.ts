import type { Query } from '../../database/database.js';
import type { CopiedTable, Row } from '../columns.js';
import { CopySql, intoColumns } from './copy.sql.js';

export class SqliteCopySql extends CopySql {
  readonly history = 'order_history INDEXED BY order_history_order';

  async insert(query: Query, table: CopiedTable, _: Row[], text: string): Promise<void> {
    const values = table.columns.map((__, index) => `value ->> ${index}`);
    await query(`INSERT INTO ${intoColumns(table)} SELECT ${values.join(', ')} FROM json_each(?)`, [text]);
  }

  async lastNumber(): Promise<number> {
    const sql = `SELECT value AS last FROM order_counters WHERE name = 'last_seq'`;
    const [row] = await this.database.read<{ last: number }>(sql);
    return row?.last ?? 0;
  }

  async continueAfter(query: Query, last: number): Promise<void> {
    await query(`INSERT OR REPLACE INTO order_counters (name, slot, value) VALUES ('last_seq', 0, ?)`, [
      last,
    ]);
  }

  /** Files are told apart by their names before they are opened. */
  isSameAs(): Promise<boolean> {
    return Promise.resolve(false);
  }
}
