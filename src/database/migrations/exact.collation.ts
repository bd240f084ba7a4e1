import type { QueryRunner } from 'typeorm';

/** Ids and keys are compared exactly; MySQL's usual collations ignore case and trailing blanks. */
export async function compareExactly(runner: QueryRunner, tables: string[]): Promise<void> {
  const [row] = (await runner.query('SELECT VERSION() AS version')) as { version: string }[];
  const collation = row?.version.includes('MariaDB') ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin';
  for (const table of tables)
    await runner.query(`ALTER TABLE ${table} CONVERT TO CHARACTER SET utf8mb4 COLLATE ${collation}`);
}
