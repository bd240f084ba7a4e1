import { PLANNED_ANEW, type Database, type Query } from '../../src/database/database.js';

export interface Statement {
  sql: string;
  parameters: unknown[];
}

/** A database whose readings are written down. */
export function recorded(database: Database): { database: Database; statements: Statement[] } {
  const statements: Statement[] = [];
  const read: Query = (sql, parameters = []) => {
    statements.push({ sql, parameters });
    return database.read(sql, parameters);
  };
  const recording = new Proxy(database, {
    get: (target, key) => {
      if (key === 'read') return read;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value; // its private fields are the target's
    },
  });
  return { database: recording, statements };
}

/** How many rows of tables and indexes a server looks at for a statement, in the worst of its plans. */
export function examinedRows(database: Database, statement: Statement): Promise<number> {
  return database.dialect === 'postgres'
    ? examinedByPostgres(database, statement)
    : examinedByMysql(database, statement);
}

/** What MySQL counts whenever it reads a row, of a temporary table too. */
async function examinedByMysql(database: Database, { sql, parameters }: Statement): Promise<number> {
  return database.transaction(async (query) => {
    await query('FLUSH STATUS');
    await query(sql, parameters);
    const rows = await query<{ Value: string }>(`SHOW SESSION STATUS LIKE 'Handler_read%'`);
    return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
  });
}

/** A node of a plan that was carried out. */
interface Node {
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Node[];
}

/** A statement that is run often is planned for these parameters at first, and for any later on, unless it says so. */
async function examinedByPostgres(database: Database, { sql, parameters }: Statement): Promise<number> {
  let count = 0;
  const text = sql.replaceAll('?', () => `$${++count}`);
  const values = parameters.map(literal);
  const modes = ['force_custom_plan', ...(sql.startsWith(PLANNED_ANEW) ? [] : ['force_generic_plan'])];
  const examined = [];
  for (const mode of modes)
    examined.push(
      await database.transaction(async (query) => {
        await query(`SET LOCAL plan_cache_mode = ${mode}`);
        await query(`PREPARE measured AS ${text}`);
        const execute = values.length > 0 ? `EXECUTE measured(${values.join(', ')})` : 'EXECUTE measured';
        const [row] = await query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
          `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${execute}`,
        );
        await query('DEALLOCATE measured');
        return row ? examinedIn(row['QUERY PLAN'][0].Plan) : 0;
      }),
    );
  return Math.max(...examined);
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `ARRAY[${value.map(literal).join(', ')}]`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}

function examinedIn(node: Node): number {
  const inside = (node.Plans ?? []).reduce((sum, plan) => sum + examinedIn(plan), 0);
  if (!node['Relation Name']) return inside;
  const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return inside + (node['Actual Rows'] + removed) * node['Actual Loops'];
}

/** How SQLite finds rows of the table of orders for a statement, one line for each way. */
export async function waysOf(database: Database, { sql, parameters }: Statement): Promise<string[]> {
  const plan = await database.read<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, parameters);
  return plan.map(({ detail }) => detail).filter((detail) => /\borders\b|orders_/.test(detail));
}
