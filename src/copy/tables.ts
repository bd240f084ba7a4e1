import type { Database, Query } from '../database/database.js';
import type { Column } from '../orders/store/columns.js';
import { toRow, type CopiedTable, type GivenRow } from './columns.js';
import { copySql } from './sql/dialects.js';

/** @param left properties whose columns stay behind */
export function tableOf(name: string, columns: Column[], ...left: string[]): CopiedTable {
  return { name, columns: columns.filter(({ property }) => !left.includes(property)) };
}

export function namesOf({ columns }: CopiedTable): string {
  return columns.map(({ name }) => name).join(', ');
}

/** Inserts rows of the source as they are. */
export async function insertInto(
  target: Database,
  query: Query,
  table: CopiedTable,
  given: GivenRow[],
): Promise<void> {
  const rows = given.map((row) => toRow(table, row));
  if (rows.length > 0) await copySql(target).insert(query, table, rows, JSON.stringify(rows));
}
