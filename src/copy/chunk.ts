import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database, Query } from '../database/database.js';
import { HISTORY, KEYS, ORDERS, toRow, type CopiedTable, type GivenRow, type Row } from './columns.js';
import { copySql } from './sql/dialects.js';

/** Orders whose seq is greater than `after`, up to `last`. */
export interface Range {
  after: number;
  last: number;
}

/** Rows, and their canonical text: JSON, so numbers are decimal, and null is not ''. The same from every database. */
export interface Rows {
  rows: Row[];
  text: string;
}

/** A range of orders by seq, their history by order and id, and their further keys by key. */
export interface Chunk {
  orders: Rows;
  history: Rows;
  keys: Rows;
}

/** Of the long columns. With the short ones a chunk then fits into a packet of MariaDB, which is 16 MiB. */
const MOST_BYTES = 4 * 1024 * 1024;

const BYTES = 'OCTET_LENGTH(item_ids) + COALESCE(OCTET_LENGTH(error), 0)';

/** The next `most` orders after a seq; fewer if they are long, but one at least. */
const NEXT_RANGE = `
  SELECT MAX(seq) AS last FROM (
    SELECT seq, SUM(bytes) OVER (ORDER BY seq) - bytes AS bytes_before
    FROM (SELECT seq, ${BYTES} AS bytes FROM orders WHERE seq > ? ORDER BY seq LIMIT ?) AS page
  ) AS sized WHERE bytes_before < ${MOST_BYTES}`;

/** Ranges that hold all orders together; the last one has no end, and nothing in it but what came in meanwhile. */
export async function* ranges(source: Database, most: number): AsyncGenerator<Range> {
  for (let after = 0; ;) {
    await nextTurn(); // SQLite leaves none to signals
    const [row] = await source.read<{ last: number | null }>(NEXT_RANGE, [after, most]);
    if (row?.last == null) return void (yield { after, last: Number.MAX_SAFE_INTEGER });
    const last = Number(row.last);
    yield { after, last };
    after = last;
  }
}

export async function readChunk(database: Database, { after, last }: Range): Promise<Chunk> {
  const { read } = database;
  const [orders, history, keys] = await Promise.all([
    select(read, ORDERS, 'FROM orders WHERE seq > ? AND seq <= ? ORDER BY seq', [after, last]),
    select(
      read,
      HISTORY,
      `FROM ${copySql(database).history} WHERE order_seq > ? AND order_seq <= ? ORDER BY order_seq, id`,
      [after, last],
    ),
    select(read, KEYS, 'FROM order_keys WHERE order_seq > ? AND order_seq <= ?', [after, last]).then(inOrder),
  ]);
  return { orders, history, keys };
}

export function isEqual(a: Chunk, b: Chunk): boolean {
  return a.orders.text === b.orders.text && a.history.text === b.history.text && a.keys.text === b.keys.text;
}

/** In an order that depends on no database's collation. */
function inOrder({ rows }: Rows): Rows {
  const sorted = rows.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  return { rows: sorted, text: JSON.stringify(sorted) };
}

async function select(read: Query, table: CopiedTable, from: string, range: number[]): Promise<Rows> {
  const names = table.columns.map(({ name }) => name).join(', ');
  const given = await read<GivenRow>(`SELECT ${names} ${from}`, range);
  const rows = given.map((row) => toRow(table, row));
  return { rows, text: JSON.stringify(rows) };
}
